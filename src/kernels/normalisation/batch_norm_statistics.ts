// The statistics of batch norm in training. Three kernels run in turn: `batchNormStatistics`, `batchNormMerge` and
// `batchNorm`. Some convolutions do the first step for the map that they compute: see `emittingStatistics`.

import { UserError } from '../../errors.ts'
import type { Kernel } from '../../gpu/kernel.ts'
import { constantOf, workgroupsFor } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { activationBytes, type Shape, VECTOR_BYTES, vectors } from '../layout.ts'
import { statisticsBytes } from './emitting_statistics.ts'

/**
 * Cuts a sum over all pixels into tiles, whose sums 16 lanes then add, so that both steps take about equally long.
 * `batchNormBackwardReduce` cuts in the same way.
 */
export function pixelTiles([n, h, w, c]: Shape) {
  const pixels = n * h * w
  const tile = Math.ceil(Math.sqrt(pixels / 16))
  const tiles = Math.ceil(pixels / tile)
  return { pixels, tile, tiles, partialBytes: tiles * 2 * vectors(c) * VECTOR_BYTES }
}

/**
 * Mean and M2 of each channel over each tile of pixels: input [n, h, w, c] → partials for `batchNormMerge`.
 * Throws UserError for a single pixel, which has no variance.
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
    shader: shaders.batch_norm_statistics,
    params: { pixels, vectors: vectors(input[3]), tile, tiles },
    inputs: { input: activationBytes(input) },
    outputs: { partials: statisticsBytes(tiles, vectors(input[3])) },
    workgroups: workgroupsFor(shaders.batch_norm_statistics, tiles * vectors(input[3])),
  }
}

export interface BatchNormMergeOptions {
  label: string
  /** Shape [n, h, w, c] of the map. */
  input: Shape
  /** Number of tiles in the partials. Default: the number of `batchNormStatistics`. */
  tiles?: number
  /** The batch's share in the new running statistics. This is PyTorch's convention: 1 − TensorFlow's decay. */
  momentum: number
}

/**
 * Partials → mean and biased variance of the batch. It also updates the running mean and the (unbiased) running
 * variance in place. All are [c].
 *
 * The mean is a float32, so normalised values have an error of up to 6e-8 · |mean| / deviation, as in PyTorch: 3e-5 for
 * a mean of 1000 and a deviation of 1. The relative error of the variance is then about 1e-6.
 */
export function batchNormMerge(options: BatchNormMergeOptions): Kernel {
  const { label, input, momentum, tiles = pixelTiles(input).tiles } = options
  const [n, h, w] = input
  const bytes = input[3] * 4
  return {
    label,
    shader: shaders.batch_norm_merge,
    params: { pixels: n * h * w, vectors: vectors(input[3]), channels: input[3], tiles, momentum },
    inputs: { partials: statisticsBytes(tiles, vectors(input[3])) },
    outputs: { mean: bytes, variance: bytes, running_mean: bytes, running_variance: bytes },
    workgroups: Math.ceil(vectors(input[3]) / constantOf(shaders.batch_norm_merge, 'WORKGROUP_VECTORS')),
  }
}
