// Gradients of batch norm in training (Ioffe and Szegedy 2015, section 3): `batchNormBackwardReduce`, then
// `batchNormBackwardMerge`, which has those of γ and β, then `batchNormBackwardInput`. Frozen, with running statistics, batch
// norm is folded into the convolution before it: see `foldBatchNormBackward`.

import type { Kernel } from '../gpu/kernel.ts'
import { type Activation, activationRange } from './activation.ts'
import { alongChannels } from './along_channels.ts'
import { MERGED_VECTORS, pixelTiles } from './batch_norm_statistics.ts'
import { activationBytes, type Shape, VECTOR_BYTES, vectors } from './layout.ts'

export interface BatchNormBackwardOptions {
  label: string
  /** [n, h, w, c] of the batch norm's input, and so of both gradients. */
  input: Shape
  epsilon: number
  /** What is fused into the batch norm: where it clamped, the output's gradient counts as 0, as `activationBackward` has it. */
  activation: Activation
}

/** What shaders are told of the activation. */
const activationParams = (activation: Activation) => ({
  has_activation: Number(activation !== 'none'),
  ...activationRange(activation),
})

/** Sums over each tile of pixels: input, output_gradient [n, h, w, c], γ, β, mean, variance [c] → partials, for `batchNormBackwardMerge`. */
export function batchNormBackwardReduce(options: BatchNormBackwardOptions): Kernel {
  const { label, input, epsilon, activation } = options
  const { pixels, tile, tiles, partialBytes } = pixelTiles(input)
  const [bytes, channels] = [activationBytes(input), input[3]]
  const forActivation = activation === 'none' ? 0 : channels * 4
  return {
    label,
    shader: 'batch_norm_backward_reduce',
    params: {
      ...{ pixels, vectors: vectors(channels), channels, tile, tiles, epsilon },
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
    workgroups: Math.ceil((tiles * vectors(channels)) / 64),
  }
}

/** Partials and variance [c] → gamma_gradient and beta_gradient [c], and both as `sums`, for `batchNormBackwardInput`. */
export function batchNormBackwardMerge(options: Omit<BatchNormBackwardOptions, 'activation'>): Kernel {
  const { label, input, epsilon } = options
  const { tiles, partialBytes } = pixelTiles(input)
  const bytes = input[3] * 4
  return {
    label,
    shader: 'batch_norm_backward_merge',
    params: { vectors: vectors(input[3]), channels: input[3], tiles, epsilon },
    inputs: { partials: partialBytes, variance: bytes },
    outputs: { gamma_gradient: bytes, beta_gradient: bytes, sums: sumBytes(input) },
    workgroups: Math.ceil(vectors(input[3]) / MERGED_VECTORS),
  }
}

/** Two vectors of channels. */
const sumBytes = (input: Shape): number => 2 * vectors(input[3]) * VECTOR_BYTES

/** The input's gradient, of the input's shape, [n, h, w, c]; the statistics depend on the input too. */
export function batchNormBackwardInput(options: BatchNormBackwardOptions): Kernel {
  const { label, input, epsilon, activation } = options
  const { params, workgroups } = alongChannels(input)
  const [bytes, vectorBytes] = [activationBytes(input), input[3] * 4]
  return {
    label,
    shader: 'batch_norm_backward_input',
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
