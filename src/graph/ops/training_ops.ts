// The ops of training: those of inference, those that differentiation adds, and every gradient.

import type { Tensor } from '../ir/tensor.ts'
import * as activation from './activation.ts'
import * as batchNorm from './batch_norm.ts'
import * as conv2d from './conv2d.ts'
import * as convolution from './convolution.ts'
import * as crossEntropy from './cross_entropy.ts'
import type { NoGradient } from './definition.ts'
import * as depthwise from './depthwise_conv2d.ts'
import * as fold from './fold_batch_norm.ts'
import * as pooling from './global_average_pool.ts'
import {
  type FoldedOps,
  type Gradients,
  type GradientTape,
  inferenceOps,
  type OpOfKind,
  type OpTable,
} from './index.ts'
import * as lossTerm from './loss_term.ts'
import * as maxPool from './max_pool.ts'
import * as maximum from './maximum.ts'
import * as resize from './resize.ts'
import * as unbiasedDistillation from './unbiased_distillation.ts'

/** The op that labels photos is not among them: only what learns from such loads it. */
export const trainingOps: Omit<OpTable, 'confidentClasses'> & Gradients = {
  ...inferenceOps,
  activationBackward: activation.activationBackwardOp,
  batchNormBackward: batchNorm.batchNormBackwardOp,
  batchNormTraining: batchNorm.batchNormTrainingOp,
  biasGradient: convolution.biasGradientOp,
  conv2dBackwardInput: conv2d.conv2dBackwardInputOp,
  conv2dBackwardWeight: conv2d.conv2dBackwardWeightOp,
  crossEntropy: crossEntropy.crossEntropyOp,
  crossEntropyBackward: crossEntropy.crossEntropyBackwardOp,
  depthwiseConv2dBackwardInput: depthwise.depthwiseConv2dBackwardInputOp,
  depthwiseConv2dBackwardWeight: depthwise.depthwiseConv2dBackwardWeightOp,
  foldBatchNormBackward: fold.foldBatchNormBackwardOp,
  globalAveragePoolBackward: pooling.globalAveragePoolBackwardOp,
  lossTerm: lossTerm.lossTermOp,
  maximumBackward: maximum.maximumBackwardOp,
  maxPoolBackward: maxPool.maxPoolBackwardOp,
  resizeBackward: resize.resizeBackwardOp,
  unbiasedDistillation: unbiasedDistillation.unbiasedDistillationOp,
}

/** Adds the gradients of an op's inputs and parameters to the tape. Throws where the op has none. */
export function differentiateOp<Kind extends keyof FoldedOps>(
  op: OpOfKind<FoldedOps, Kind>,
  gradient: Tensor,
  tape: GradientTape,
): void {
  const definition: Gradients[Kind] = trainingOps[op.kind]
  const rule = definition.gradient
  if (isNoGradient(rule)) throw new Error(`${op.kind} has no gradient (${op.name}): ${rule.none}`)
  rule(op, gradient, tape)
}

const isNoGradient = (rule: object): rule is NoGradient => 'none' in rule
