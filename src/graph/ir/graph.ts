// The network as plain data: tensors, parameters and ops. Building it does no work on the GPU and reads no weights.

import type { Activation } from '../../kernels/activation.ts'
import type { Padding } from '../../kernels/geometry.ts'
import type { BatchNorm, OpOf, Parameter, Tensor } from './tensor.ts'
import type { Statistics, TrainingOp } from './training_ops.ts'

export type { BatchNorm, DType, OpOf, Parameter, Tensor } from './tensor.ts'

/** Convolution, dense or depthwise, with all that passes fuse into it: act(conv(x) + bias + residual). */
export interface Convolution {
  weight: Parameter
  bias?: Parameter
  /** Folded into weight and bias when the weights are uploaded. */
  batchNorm?: BatchNorm
  stride: number
  dilation: number
  padding: Padding
  activation: Activation
}

export type Conv2dOp = OpOf<
  'conv2d',
  { input: Tensor; residual?: Tensor /** [n, 1, 1, outChannels], in place of the bias */; imageBias?: Tensor }
> &
  Convolution & {
    /** The weight's input channels that this op convolves, where a pass split the convolution by input channel. */
    inputChannels?: { from: number; to: number }
    /** Where in the output's channels this op writes, where a pass elided the concat that followed. */
    outputOffset?: number
    /** The output lies where the residual does, where a pass found that nothing reads that after this op. */
    inPlace?: boolean
  }
export type DepthwiseConv2dOp = OpOf<'depthwiseConv2d', { input: Tensor; residual?: Tensor }> & Convolution
export type BatchNormOp = OpOf<'batchNorm', { input: Tensor }> & {
  batchNorm: BatchNorm
  /** Those to normalise by in place of the running ones. */
  statistics?: Statistics
  activation: Activation
}
export type ActivationOp = OpOf<'activation', { input: Tensor }> & { activation: Activation }
export type AddOp = OpOf<'add', { a: Tensor; b: Tensor }> & { activation: Activation }
export type MaxPoolOp = OpOf<'maxPool', { input: Tensor }> & {
  kernel: number
  stride: number
  padding: Padding
}
export type GlobalAveragePoolOp = OpOf<'globalAveragePool', { input: Tensor }>
export type ResizeOp = OpOf<'resize', { input: Tensor }> & { alignCorners: boolean }
/** Along the channels: each input by the offset of its first channel in the output. */
export type ConcatOp = OpOf<'concat', { [offset: string]: Tensor }>
export type SoftmaxOp = OpOf<'softmax', { input: Tensor }>
export type PreprocessOp = OpOf<'preprocess', { image: Tensor }> & {
  mean: number[]
  std: number[]
  flip: boolean
}
export type AccumulateProbabilitiesOp = OpOf<'accumulateProbabilities', { logits: Tensor }> & {
  alignCorners: boolean
  flip: boolean
  weight: number
  /** The first of a sum overwrites the accumulator, the others add to it. */
  first: boolean
}
export type UpsampleArgmaxOp = OpOf<'upsampleArgmax', { logits: Tensor }> & { alignCorners: boolean }

export type Op =
  | TrainingOp
  | Conv2dOp
  | DepthwiseConv2dOp
  | BatchNormOp
  | ActivationOp
  | AddOp
  | MaxPoolOp
  | GlobalAveragePoolOp
  | ResizeOp
  | ConcatOp
  | SoftmaxOp
  | PreprocessOp
  | AccumulateProbabilitiesOp
  | UpsampleArgmaxOp

export interface Graph {
  /** In an order in which each op comes after those that make its inputs. */
  ops: Op[]
  inputs: Tensor[]
  outputs: Tensor[]
}

/** The tensors an op reads, in the order of its roles. */
export const inputsOf = (op: Op): Tensor[] => Object.values(op.inputs).filter(tensor => tensor !== undefined)

/** The parameters an op reads. */
export function parametersOf(op: Op): Parameter[] {
  const found: Parameter[] = []
  if ('weight' in op && typeof op.weight === 'object') found.push(op.weight)
  if ('bias' in op && op.bias) found.push(op.bias)
  if ('batchNorm' in op && op.batchNorm) {
    const { gamma, beta, mean, variance } = op.batchNorm
    found.push(gamma, beta, mean, variance)
  }
  return found
}

/** Every parameter of a graph once, in the order in which the ops use them. */
export function graphParameters(graph: Graph): Parameter[] {
  const byName = new Map<string, Parameter>()
  for (const op of graph.ops) for (const p of parametersOf(op)) byName.set(p.name, p)
  return [...byName.values()]
}
