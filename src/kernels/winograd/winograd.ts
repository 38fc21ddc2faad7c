// Winograd's convolution (Lavin and Gray, 2016, "Fast algorithms for convolutional neural networks"), for 3×3 kernels
// of stride 1 with any dilation. Outputs that are one dilation apart make a phase. Within each phase, a dilated
// convolution is an ordinary convolution, so a tile is m × m outputs of one phase. The inputs of a tile, m + 2 pixels
// along each axis, are evaluated at points and multiplied there with the weight's values at the points. The outputs are
// interpolated from the products. This takes m + 2 multiplications along an axis in place of 3 · m.
//
//   m = 4   points 0, ±½, ±3/2, ∞   of the points tried, these had the smallest error: 2.4e-6 of the result, RMS, at 512 channels
//   m = 3   points ±½, ±3/2, ∞      error 1.3e-6; a direct sum has 3e-7
//   m = 2   three multiplications (Karatsuba). Only where a phase has at most 2 outputs along each axis and the padding
//           is at least the dilation on all sides, so that two of the four inputs are 0
//
// The gradient of the weight is the transpose. The outputs are Aᵀ[(G g Gᵀ) ∘ (Bᵀ d B)]A for a weight g and inputs d, so
// the gradient is Gᵀ[Σ over the tiles of (Bᵀ d B) ∘ (A dy Aᵀ)]G. The products are summed at the points, and
// interpolated once.
//
// A value that is not finite makes its whole tile not finite, and infinities become NaN.

import type { Conv2dOptions } from '../convolution/conv2d.ts'
import { windowedSize } from '../geometry.ts'
import { VECTOR_BYTES, vectors } from '../layout.ts'

/** Outputs of a tile along an axis: m. */
export type WinogradOutputs = 2 | 3 | 4

/** Points along an axis. */
export const winogradPoints = (outputs: WinogradOutputs): number => ({ 2: 3, 3: 5, 4: 6 })[outputs]

export interface WinogradOptions extends Conv2dOptions {
  outputs: WinogradOutputs
}

/** Some of a convolution's tiles. Tiles are counted image by image, and row by row. */
export interface TileRange {
  first: number
  count: number
}

/** Options of a kernel that computes some of the tiles. */
export interface WinogradStepOptions extends WinogradOptions {
  range: TileRange
}

/** Whether tiles with so many outputs can compute a convolution. */
export function winogradFits(options: Conv2dOptions, outputs: WinogradOutputs): boolean {
  const { kernel, stride, dilation, padding, input } = options
  if (kernel[0] !== 3 || kernel[1] !== 3 || stride !== 1) return false
  if (outputs > 2) return true
  const out = windowedSize({ h: input[1], w: input[2] }, options)
  const short = (output: number, size: number, before: number) =>
    output <= 2 * dilation && before >= dilation && 3 * dilation - before >= size
  return short(out.h, input[1], padding.top) && short(out.w, input[2], padding.left)
}

/** Number of tiles along the axes of an image, and of all images together. */
export function winogradTiles(options: WinogradOptions) {
  const { dilation, outputs, input } = options
  const out = windowedSize({ h: input[1], w: input[2] }, options)
  // One tile of each phase together cover `dilation · outputs`. Of the last tiles, only those that start inside the map
  // exist.
  const along = (size: number) => {
    const span = dilation * outputs
    return dilation * Math.floor(size / span) + Math.min(dilation, size % span)
  }
  const [h, w] = [along(out.h), along(out.w)]
  return { h, w, total: input[0] * h * w }
}

/**
 * Cuts all tiles into ranges, so that the scratch between the steps takes at most `bytes` for each range. All ranges
 * but the last have the same length, which is a multiple of `step` tiles and at least one `step`.
 */
export function tileRanges(
  options: WinogradOptions,
  { bytes, step }: { bytes: number; step: number },
): TileRange[] {
  const { outputs, input, outChannels } = options
  const { total } = winogradTiles(options)
  const tile = tileBytes(outputs, input[3], 1) + tileBytes(outputs, outChannels, 1)
  const most = Math.max(1, Math.floor(bytes / tile / step)) * step
  const length = Math.ceil(total / Math.ceil(total / most) / step) * step
  return Array.from({ length: Math.ceil(total / length) }, (_, i) => ({
    first: i * length,
    count: Math.min(length, total - i * length),
  }))
}

/** The parameters of the tiles, for shaders that read or write a map. */
export function tileParams(options: WinogradStepOptions) {
  const { range, dilation } = options
  const { h, w } = winogradTiles(options)
  return { tiles_h: h, tiles_w: w, first_tile: range.first, tiles: range.count, dilation }
}

/** The constants of the tile's size. */
export const winogradConstants = (outputs: WinogradOutputs) => ({
  OUTPUTS: outputs,
  POINTS: winogradPoints(outputs),
})

/** Bytes of the values of `count` tiles at all points. */
export const tileBytes = (outputs: WinogradOutputs, channels: number, count: number): number =>
  winogradPoints(outputs) ** 2 * vectors(channels) * count * VECTOR_BYTES

/** Bytes of a weight's values at all points. */
export const winogradWeightBytes = (
  outputs: WinogradOutputs,
  inChannels: number,
  outChannels: number,
): number => winogradPoints(outputs) ** 2 * vectors(inChannels) * 4 * vectors(outChannels) * VECTOR_BYTES
