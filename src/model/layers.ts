// Layers that all networks share.

import type { Tensor } from '../graph/ir/tensor.ts'
import type { GraphBuilder } from '../graph/ops/index.ts'
import type { Activation } from '../kernels/elementwise/activation.ts'

interface Layer {
  /** The names of the two layers in the checkpoint. */
  convolution: string
  batchNorm: string
  kernel: number
  /** Absent for a depthwise convolution, which keeps the number of channels. */
  outChannels?: number
  stride?: number
  dilation?: number
  /** Pixels on every side, or TensorFlow's rule. Default: as many as keep the size of the map at stride 1. */
  padding?: number | 'same'
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

/** The full network's channel count times the config's width, as a multiple of four (a vec4 lane). */
export const scaledChannels = (channels: number, { width }: { width: number }): number =>
  4 * Math.max(1, Math.round((channels * width) / 4))

/**
 * The rate at an output stride that spans the same part of the image as `rate` does at output stride `given` (section 3.3 of
 * DeepLabv3), but at least 1.
 */
export const rateAt = (outputStride: number, { rate, given }: { rate: number; given: number }): number =>
  Math.max(1, Math.round((rate * given) / outputStride))

/** Where batch norm and activation of a depthwise separable convolution stand: after the pointwise convolution, or after both. */
export type Separable = 'pointwise' | 'both'

/**
 * activation(batchNorm(convolution(x))), dense or depthwise separable (DeepLabv3+, Chen et al. 2018, section 3.1). A separable
 * convolution `name` is `name.depthwise`, with batch norm `name.depthwise_norm` if there is one, and `name.pointwise`.
 */
export function convolutionUnit(
  builder: GraphBuilder,
  input: Tensor,
  { separable, ...layer }: Layer & { outChannels: number; separable?: Separable | null },
): Tensor {
  if (!separable) return convolutionBatchNorm(builder, input, layer)
  const { convolution, kernel, stride, dilation, padding } = layer
  const name = `${convolution}.depthwise`
  const window = { kernel, stride, dilation, padding }
  const depthwise =
    separable === 'both'
      ? convolutionBatchNorm(builder, input, {
          ...window,
          convolution: name,
          batchNorm: `${name}_norm`,
          epsilon: layer.epsilon,
          activation: layer.activation,
        })
      : builder.depthwiseConv2d(input, { ...window, name })
  return convolutionBatchNorm(builder, depthwise, {
    convolution: `${convolution}.pointwise`,
    batchNorm: layer.batchNorm,
    kernel: 1,
    outChannels: layer.outChannels,
    epsilon: layer.epsilon,
    activation: layer.activation,
  })
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
