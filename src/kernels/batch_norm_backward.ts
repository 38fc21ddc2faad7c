// Gradients of batch norm in training (Ioffe and Szegedy 2015, section 3): `batchNormBackwardReduce`, then
// `batchNormBackwardMerge`, which has those of γ and β, then `batchNormBackwardInput`. Frozen, with running statistics, batch
// norm is folded into the convolution before it: see `foldBatchNormBackward`.

import type { Kernel } from '../gpu/kernel.ts'
import { alongChannels } from './along_channels.ts'
import { MERGED_VECTORS, pixelTiles } from './batch_norm_statistics.ts'
import { activationBytes, type Shape, vectors } from './layout.ts'

export interface BatchNormBackwardOptions {
  label: string
  /** [n, h, w, c] of the batch norm's input, and so of both gradients. */
  input: Shape
  epsilon: number
}

/** Sums over each tile of pixels: input, output_gradient [n, h, w, c] and mean [c] → partials, for `batchNormBackwardMerge`. */
export function batchNormBackwardReduce({ label, input }: { label: string; input: Shape }): Kernel {
  const { pixels, tile, tiles, partialBytes } = pixelTiles(input)
  const [bytes, channels] = [activationBytes(input), input[3]]
  return {
    label,
    shader: 'batch_norm_backward_reduce',
    params: { pixels, vectors: vectors(channels), channels, tile, tiles },
    inputs: { input: bytes, output_gradient: bytes, mean: channels * 4 },
    outputs: { partials: partialBytes },
    workgroups: Math.ceil((tiles * vectors(channels)) / 64),
  }
}

/** Partials and variance [c] → gamma_gradient and beta_gradient [c]. */
export function batchNormBackwardMerge({ label, input, epsilon }: BatchNormBackwardOptions): Kernel {
  const { tiles, partialBytes } = pixelTiles(input)
  const bytes = input[3] * 4
  return {
    label,
    shader: 'batch_norm_backward_merge',
    params: { vectors: vectors(input[3]), channels: input[3], tiles, epsilon },
    inputs: { partials: partialBytes, variance: bytes },
    outputs: { gamma_gradient: bytes, beta_gradient: bytes },
    workgroups: Math.ceil(vectors(input[3]) / MERGED_VECTORS),
  }
}

/** The input's gradient, of the input's shape, [n, h, w, c]; the statistics depend on the input too. */
export function batchNormBackwardInput({ label, input, epsilon }: BatchNormBackwardOptions): Kernel {
  const { params, workgroups } = alongChannels(input)
  const [bytes, vectorBytes] = [activationBytes(input), input[3] * 4]
  return {
    label,
    shader: 'batch_norm_backward_input',
    params: { ...params, epsilon },
    inputs: {
      input: bytes,
      output_gradient: bytes,
      gamma: vectorBytes,
      mean: vectorBytes,
      variance: vectorBytes,
      gamma_gradient: vectorBytes,
      beta_gradient: vectorBytes,
    },
    outputs: { input_gradient: bytes },
    workgroups,
  }
}
