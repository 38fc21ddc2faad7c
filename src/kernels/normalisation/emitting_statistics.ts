// Statistics of batch norm that a convolution leaves for the map that it computes.

import type { Kernel } from '../../gpu/kernel.ts'
import { VECTOR_BYTES } from '../layout.ts'

/** Bytes that `batchNormMerge` reads: for each tile the means, then M2, then a vector with the tile's number of pixels. */
export const statisticsBytes = (tiles: number, vectors: number): number =>
  tiles * (2 * vectors + 1) * VECTOR_BYTES

/**
 * The same convolution, which also writes the `statistics` of its `params.row_tiles` tiles of pixels for
 * `batchNormMerge`. Undefined if its shader cannot, or if its sums are split over workgroups. The convolution may store
 * only its sums and a bias for all images: no residual, no activation, no bias per image.
 */
export function emittingStatistics(kernel: Kernel): Kernel | undefined {
  const { constants, params, outputs } = kernel
  if (constants?.STATISTICS === undefined || params.splits > 1) return undefined
  const statistics = statisticsBytes(params.row_tiles, params.out_vectors)
  return { ...kernel, constants: { ...constants, STATISTICS: 1 }, outputs: { ...outputs, statistics } }
}
