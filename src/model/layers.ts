// Layers that all networks share.

import type { Tensor } from '../graph/ir/tensor.ts'
import type { GraphBuilder } from '../graph/ops/index.ts'
import type { Activation } from '../kernels/activation.ts'

interface Layer {
  /** The names of the two layers in the checkpoint. */
  convolution: string
  batchNorm: string
  kernel: number
  /** Absent for a depthwise convolution, which keeps the number of channels. */
  outChannels?: number
  stride?: number
  dilation?: number
  padding?: 'same'
  epsilon: number
  activation: Activation
}

/** activation(batchNorm(convolution(x))), without a bias: [n, h, w, c] → [n, ⌈h/stride⌉, ⌈w/stride⌉, outChannels]. */
export function convolutionBatchNorm(builder: GraphBuilder, input: Tensor, layer: Layer): Tensor {
  const { convolution: name, outChannels, kernel, stride, dilation, padding } = layer
  const window = { name, kernel, stride, dilation, padding }
  const convolved =
    outChannels === undefined
      ? builder.depthwiseConv2d(input, window)
      : builder.conv2d(input, { ...window, outChannels })
  const normalised = builder.batchNorm(convolved, { name: layer.batchNorm, epsilon: layer.epsilon })
  return layer.activation === 'none' ? normalised : builder.activation(normalised, layer.activation)
}

/** The options of dropout in training. */
export interface Dropout {
  /** The share of the values that become zero, from 0 to below 1. */
  p: number
  /** A u32. Together with `step` it decides which values become zero. */
  seed: number
  /** The number of the training step, a u32, so that every step drops other values. */
  step: Tensor
}

/** Dropout in a training graph. Without `dropout`, returns the input. */
export const dropped = (
  builder: GraphBuilder,
  input: Tensor,
  { name, dropout }: { name: string; dropout?: Dropout },
): Tensor => (dropout ? builder.dropout(input, { name, ...dropout }) : input)
