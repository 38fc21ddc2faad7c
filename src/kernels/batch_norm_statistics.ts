// The statistics that batch norm normalises with in training: `batchNormStatistics`, then `batchNormMerge`, then `batchNorm`.

import { UserError } from '../errors.ts'
import type { Kernel } from '../gpu/kernel.ts'
import { activationBytes, type Shape, VECTOR_BYTES, vectors } from './layout.ts'

/** Those of a workgroup of the kernels that merge tiles; the shaders have the same number. */
export const MERGED_VECTORS = 8

/**
 * How a sum over all pixels is cut into tiles whose sums 16 lanes add: both steps are about equally long.
 * `batch_norm_backward` cuts the same way.
 */
export function pixelTiles([n, h, w, c]: Shape) {
  const pixels = n * h * w
  const tile = Math.ceil(Math.sqrt(pixels / 16))
  const tiles = Math.ceil(pixels / tile)
  return { pixels, tile, tiles, partialBytes: tiles * 2 * vectors(c) * VECTOR_BYTES }
}

/**
 * Mean and M2 of each channel over each tile of pixels: input [n, h, w, c] → partials, for `batchNormMerge`.
 * Throws UserError for a single pixel, whose variance is not defined.
 */
export function batchNormStatistics({ label, input }: { label: string; input: Shape }): Kernel {
  const { pixels, tile, tiles, partialBytes } = pixelTiles(input)
  if (pixels < 2)
    throw new UserError(
      `${label}: batch norm in training needs more than one value a channel, got ${input.join('×')}: ` +
        'use a larger batch or micro-batch, or freeze batch norm',
    )
  return {
    label,
    shader: 'batch_norm_statistics',
    params: { pixels, vectors: vectors(input[3]), tile, tiles },
    inputs: { input: activationBytes(input) },
    outputs: { partials: partialBytes },
    workgroups: Math.ceil((tiles * vectors(input[3])) / 64),
  }
}

export interface BatchNormMergeOptions {
  label: string
  /** [n, h, w, c] of what `batchNormStatistics` read. */
  input: Shape
  /** The batch's share in the new running statistics: PyTorch's convention, 1 − TensorFlow's decay. */
  momentum: number
}

/** Partials → mean and biased variance of the batch, and in place the running mean and (unbiased) variance; all [c]. */
export function batchNormMerge({ label, input, momentum }: BatchNormMergeOptions): Kernel {
  const { pixels, tile, tiles, partialBytes } = pixelTiles(input)
  const bytes = input[3] * 4
  return {
    label,
    shader: 'batch_norm_merge',
    params: { pixels, vectors: vectors(input[3]), channels: input[3], tile, tiles, momentum },
    inputs: { partials: partialBytes },
    outputs: { mean: bytes, variance: bytes, running_mean: bytes, running_variance: bytes },
    workgroups: Math.ceil(vectors(input[3]) / MERGED_VECTORS),
  }
}
