// The ops that only a training step has: batch norm over the batch, dropout, the loss, and the gradient of every op.
// The gradient of a parameter lies with those of the other parameters; the `output` of an op that makes one stands for it
// and has no place in the arena.

import type { Activation } from '../../kernels/activation.ts'
import type { Padding } from '../../kernels/geometry.ts'
import type { BatchNorm, OpOf, Parameter, Tensor } from './tensor.ts'

/** Batch norm with the statistics of the batch, which it also mixes into the running ones. */
export type BatchNormTrainingOp = OpOf<'batchNormTraining', { input: Tensor }> & {
  batchNorm: BatchNorm
  /** Share of the batch in the new running statistics: PyTorch's momentum, 1 − the paper's decay. */
  momentum: number
  activation: Activation
  statistics: Statistics
}

/** Drops a share `p` of the values, others for every `step` (u32) and `seed`, and divides the rest by 1 − p. */
export type DropoutOp = OpOf<'dropout', { input: Tensor; step: Tensor }> & { p: number; seed: number }

/** Of each channel over the batch: f32 [1, 1, 1, c]. */
export interface Statistics {
  mean: Tensor
  /** Biased: over the number of values. */
  variance: Tensor
}

/** From the gradient of what the batch norm's activation makes. */
export type BatchNormBackwardOp = OpOf<'batchNormBackward', { input: Tensor; gradient: Tensor }> & {
  batchNorm: BatchNorm
  activation: Activation
  statistics: Statistics
}

export type ActivationBackwardOp = OpOf<'activationBackward', { gradient: Tensor; activated: Tensor }> & {
  activation: Exclude<Activation, 'none'>
}

/** The window of the convolution that an op differentiates. */
export interface ConvolutionWindow {
  weight: Parameter
  /** What is folded into the weight; gradients of the weight are then those of the folded one. */
  batchNorm?: BatchNorm
  depthwise: boolean
  stride: number
  dilation: number
  padding: Padding
}
/** Where it is a convolution itself, it may add a residual as that does. */
export type ConvolutionBackwardInputOp = OpOf<
  'convolutionBackwardInput',
  { gradient: Tensor; residual?: Tensor }
> &
  ConvolutionWindow & {
    /** As a convolution's. */
    inPlace?: boolean
  }
export type ConvolutionBackwardWeightOp = OpOf<
  'convolutionBackwardWeight',
  { input: Tensor; gradient: Tensor }
> &
  ConvolutionWindow
export type BiasGradientOp = OpOf<'biasGradient', { gradient: Tensor }> & { bias: Parameter }

/** From the gradients of a folded weight and bias, which lie where those of the weight and β will, to theirs and γ's. */
export type FoldBatchNormBackwardOp = OpOf<'foldBatchNormBackward', Record<string, never>> & {
  weight: Parameter
  batchNorm: BatchNorm
}

export type MaxPoolBackwardOp = OpOf<'maxPoolBackward', { input: Tensor; gradient: Tensor }> & {
  kernel: number
  stride: number
  padding: Padding
}
export type GlobalAveragePoolBackwardOp = OpOf<'globalAveragePoolBackward', { gradient: Tensor }>
export type ResizeBackwardOp = OpOf<'resizeBackward', { gradient: Tensor }> & { alignCorners: boolean }
/** The channels of a concatenation's gradient that belong to one input, from `offset` on. */
export type SliceChannelsOp = OpOf<'sliceChannels', { input: Tensor }> & { offset: number }

/**
 * The mean over the labelled pixels of −log softmax(upsampled logits)[label], by `classWeights` [1, 1, 1, classes] where there are
 * any, with logits of the labels' height, upsampled to their width; `output` is f32 [1, 1, 1, 2]: loss and 1/Σweight.
 */
export type CrossEntropyOp = OpOf<
  'crossEntropy',
  { logits: Tensor; labels: Tensor; classWeights?: Tensor }
> & {
  alignCorners: boolean
  ignoreIndex: number
  /** log Σ exp of each label pixel's upsampled logits. */
  logSumExp: Tensor
}
export type CrossEntropyBackwardOp = OpOf<
  'crossEntropyBackward',
  { logits: Tensor; labels: Tensor; classWeights?: Tensor; logSumExp: Tensor; loss: Tensor }
> & {
  alignCorners: boolean
  ignoreIndex: number
  /** Of the loss in the sum of losses. */
  lossWeight: number
}

export type TrainingOp =
  | BatchNormTrainingOp
  | DropoutOp
  | BatchNormBackwardOp
  | ActivationBackwardOp
  | ConvolutionBackwardInputOp
  | ConvolutionBackwardWeightOp
  | BiasGradientOp
  | FoldBatchNormBackwardOp
  | MaxPoolBackwardOp
  | GlobalAveragePoolBackwardOp
  | ResizeBackwardOp
  | SliceChannelsOp
  | CrossEntropyOp
  | CrossEntropyBackwardOp
