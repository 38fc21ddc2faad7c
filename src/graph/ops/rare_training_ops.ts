// The kernels that few graphs of training have. They are loaded before a plan is made.

import { commonTrainingOps } from './common_training_ops.ts'
import { gradientConvolutionOf } from './conv2d.ts'
import type { FusedGraph, FusedOp, FusedOps, OpTable } from './index.ts'
import { forKind, loadOps, type RareOps, rareOps } from './rare_ops.ts'

const loadBatchNorm = () => import('./batch_norm_training_lowering.ts')
const loadDepthwise = () => import('./depthwise_conv2d_backward_lowering.ts')

/** Of a graph with batch norm in training, what is computed twice has plain batch norms. */
const normalises = ({ kind }: FusedOp): boolean => kind === 'batchNorm' || kind === 'batchNormTraining'

/** Lessons make their plans without waiting: the op that they alone have is not among them. */
const rareTrainingOps: RareOps<
  Exclude<
    keyof FusedOps,
    | Exclude<keyof typeof commonTrainingOps, 'conv2dBackwardInput' | 'preprocess'>
    | 'confidentClasses'
    | 'unbiasedDistillation'
  >
> = {
  ...rareOps,
  batchNorm: { ...rareOps.batchNorm, isNeeded: normalises },
  batchNormBackward: forKind(
    'batchNormBackward',
    async () => (await loadBatchNorm()).batchNormBackwardLowering,
  ),
  batchNormTraining: forKind(
    'batchNormTraining',
    async () => (await loadBatchNorm()).batchNormTrainingLowering,
  ),
  conv2dBackwardInput: {
    isNeeded: op => op.kind === 'conv2dBackwardInput' && gradientConvolutionOf(op) === undefined,
    load: async () => (await import('./conv2d_backward_input_lowering.ts')).conv2dBackwardInputLowering,
  },
  depthwiseConv2dBackwardInput: forKind(
    'depthwiseConv2dBackwardInput',
    async () => (await loadDepthwise()).depthwiseConv2dBackwardInputLowering,
  ),
  depthwiseConv2dBackwardWeight: forKind(
    'depthwiseConv2dBackwardWeight',
    async () => (await loadDepthwise()).depthwiseConv2dBackwardWeightLowering,
  ),
  foldBatchNormBackward: forKind(
    'foldBatchNormBackward',
    async () => (await import('./fold_batch_norm_lowering.ts')).foldBatchNormBackwardLowering,
  ),
  maximumBackward: forKind(
    'maximumBackward',
    async () => (await import('./maximum_lowering.ts')).maximumBackwardLowering,
  ),
  maxPoolBackward: forKind(
    'maxPoolBackward',
    async () => (await import('./max_pool_backward_lowering.ts')).maxPoolBackwardLowering,
  ),
}

/** The kernels for the ops of a graph of training. */
export const trainingOpsOf = (graph: FusedGraph): Promise<Partial<OpTable>> =>
  loadOps(graph, commonTrainingOps, rareTrainingOps)
