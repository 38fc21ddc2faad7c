// The layers that every network here is made of.

import type { Tensor } from '../graph/ir/tensor.ts'
import type { GraphBuilder } from '../graph/ops/index.ts'
import type { Activation } from '../kernels/activation.ts'

interface Layer {
  /** Names of the two in the checkpoint. */
  convolution: string
  batchNorm: string
  kernel: number
  /** Absent for a depthwise convolution, which keeps its input's. */
  outChannels?: number
  stride?: number
  dilation?: number
  padding?: 'same'
  epsilon: number
  activation: Activation
}

/** activation(batchNorm(convolution(x))), the convolution without bias: [n, h, w, c] → [n, ⌈h/stride⌉, ⌈w/stride⌉, outChannels]. */
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

/** Dropout as training has it. */
export interface Dropout {
  /** Share of the values that become zero, from 0 to below 1. */
  p: number
  /** A u32; with `step` it says which values those are. */
  seed: number
  /** u32: of training, so that every step drops others. */
  step: Tensor
}

/** A training graph's dropout; in others there is none, and `input` is all there is to return. */
export const dropped = (
  builder: GraphBuilder,
  input: Tensor,
  { name, dropout }: { name: string; dropout?: Dropout },
): Tensor => (dropout ? builder.dropout(input, { name, ...dropout }) : input)
