// The gradients of batch norm in training (Ioffe and Szegedy 2015, section 3). Three kernels run in turn:
// `batchNormBackwardReduce`, `batchNormBackwardMerge`, which makes the gradients of γ and β, and
// `batchNormBackwardInput`. Frozen batch norm, with running statistics, is folded into the convolution before it: see
// `foldBatchNormBackward`.

import type { Kernel } from '../../gpu/kernel.ts'
import { constantOf, workgroupsFor } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { alongChannels } from '../along_channels.ts'
import { type Activation, activationRange } from '../elementwise/activation.ts'
import { activationBytes, type Shape, VECTOR_BYTES, vectors } from '../layout.ts'
import { pixelTiles } from './batch_norm_statistics.ts'

export interface BatchNormBackwardOptions {
  label: string
  /** Shape [n, h, w, c] of the batch norm's input and of both gradients. */
  input: Shape
  epsilon: number
  /**
   * The activation that is fused into the batch norm. Where it clamps, the output's gradient counts as 0, as in
   * `activationBackward`.
   */
  activation: Activation
}

/** The parameters of the activation in shaders. */
const activationParams = (activation: Activation) => ({
  has_activation: Number(activation !== 'none'),
  ...activationRange(activation),
})

/**
 * Sums over each tile of pixels: input, output_gradient [n, h, w, c]; γ, β, mean, variance [c] → partials for
 * `batchNormBackwardMerge`.
 */
export function batchNormBackwardReduce(options: BatchNormBackwardOptions): Kernel {
  const { label, input, epsilon, activation } = options
  const { pixels, tile, tiles, partialBytes } = pixelTiles(input)
  const [bytes, channels] = [activationBytes(input), input[3]]
  const forActivation = activation === 'none' ? 0 : channels * 4
  return {
    label,
    shader: shaders.batch_norm_backward_reduce,
    params: {
      pixels,
      vectors: vectors(channels),
      channels,
      tile,
      tiles,
      epsilon,
      ...activationParams(activation),
    },
    inputs: {
      input: bytes,
      output_gradient: bytes,
      gamma: forActivation,
      beta: forActivation,
      mean: channels * 4,
      variance: forActivation,
    },
    outputs: { partials: partialBytes },
    workgroups: workgroupsFor(shaders.batch_norm_backward_reduce, tiles * vectors(channels)),
  }
}

/** Partials and variance [c] → gamma_gradient and beta_gradient [c], and both as `sums` for `batchNormBackwardInput`. */
export function batchNormBackwardMerge(options: Omit<BatchNormBackwardOptions, 'activation'>): Kernel {
  const { label, input, epsilon } = options
  const { tiles, partialBytes } = pixelTiles(input)
  const bytes = input[3] * 4
  return {
    label,
    shader: shaders.batch_norm_backward_merge,
    params: { vectors: vectors(input[3]), channels: input[3], tiles, epsilon },
    inputs: { partials: partialBytes, variance: bytes },
    outputs: { gamma_gradient: bytes, beta_gradient: bytes, sums: sumBytes(input) },
    workgroups: Math.ceil(
      vectors(input[3]) / constantOf(shaders.batch_norm_backward_merge, 'WORKGROUP_VECTORS'),
    ),
  }
}

/** Bytes of two values for each channel. */
const sumBytes = (input: Shape): number => 2 * vectors(input[3]) * VECTOR_BYTES

/** The gradient by the input, [n, h, w, c]. It counts that the statistics depend on the input too. */
export function batchNormBackwardInput(options: BatchNormBackwardOptions): Kernel {
  const { label, input, epsilon, activation } = options
  const { params, workgroups } = alongChannels(shaders.batch_norm_backward_input, input)
  const [bytes, vectorBytes] = [activationBytes(input), input[3] * 4]
  return {
    label,
    shader: shaders.batch_norm_backward_input,
    params: { ...params, epsilon, ...activationParams(activation) },
    inputs: {
      input: bytes,
      output_gradient: bytes,
      gamma: vectorBytes,
      beta: activation === 'none' ? 0 : vectorBytes,
      mean: vectorBytes,
      variance: vectorBytes,
      sums: sumBytes(input),
    },
    outputs: { input_gradient: bytes },
    workgroups,
  }
}
