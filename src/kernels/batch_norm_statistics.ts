// The statistics that batch norm normalises with in training: `batchNormStatistics`, then `batchNormMerge`, then `batchNorm`. Some
// convolutions do the first step for the map that they make: see `leavingStatistics`.

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

/** Bytes of what `batchNormMerge` reads: of each tile the means, then M2, then a vector with how many pixels it has. */
const statisticsBytes = (tiles: number, vectors: number): number => tiles * (2 * vectors + 1) * VECTOR_BYTES

/**
 * Mean and M2 of each channel over each tile of pixels: input [n, h, w, c] → partials, for `batchNormMerge`.
 * Throws UserError for a single pixel, whose variance is not defined.
 */
export function batchNormStatistics({ label, input }: { label: string; input: Shape }): Kernel {
  const { pixels, tile, tiles } = pixelTiles(input)
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
    outputs: { partials: statisticsBytes(tiles, vectors(input[3])) },
    workgroups: Math.ceil((tiles * vectors(input[3])) / 64),
  }
}

export interface BatchNormMergeOptions {
  label: string
  /** [n, h, w, c] of the map. */
  input: Shape
  /** How many tiles there are partials of. Default: those of `batchNormStatistics`. */
  tiles?: number
  /** The batch's share in the new running statistics: PyTorch's convention, 1 − TensorFlow's decay. */
  momentum: number
}

/**
 * Partials → mean and biased variance of the batch, and in place the running mean and (unbiased) variance; all [c].
 *
 * The mean is a float32, so normalised values are off by up to 6e-8 · |mean| / deviation, as in PyTorch: by 3e-5 around a mean of
 * 1000 and a deviation of 1. The variance is then exact to about 1e-6 of itself.
 */
export function batchNormMerge(options: BatchNormMergeOptions): Kernel {
  const { label, input, momentum, tiles = pixelTiles(input).tiles } = options
  const [n, h, w] = input
  const bytes = input[3] * 4
  return {
    label,
    shader: 'batch_norm_merge',
    params: { pixels: n * h * w, vectors: vectors(input[3]), channels: input[3], tiles, momentum },
    inputs: { partials: statisticsBytes(tiles, vectors(input[3])) },
    outputs: { mean: bytes, variance: bytes, running_mean: bytes, running_variance: bytes },
    workgroups: Math.ceil(vectors(input[3]) / MERGED_VECTORS),
  }
}

/**
 * The convolution that also leaves the `statistics` of its `params.row_tiles` tiles of pixels, for `batchNormMerge`; undefined where
 * its shader cannot, or no workgroup has a tile's whole sums. What it stores has to be its sums and a bias for all images, alone.
 */
export function leavingStatistics(kernel: Kernel): Kernel | undefined {
  const { consts, params, outputs } = kernel
  if (consts?.STATISTICS === undefined || params.splits > 1) return undefined
  const statistics = statisticsBytes(params.row_tiles, params.out_vectors)
  return { ...kernel, consts: { ...consts, STATISTICS: 1 }, outputs: { ...outputs, statistics } }
}
