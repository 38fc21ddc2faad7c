// Winograd's convolution (Lavin and Gray, 2016, "Fast algorithms for convolutional neural networks"), for 3×3 kernels of stride 1
// at any rate. Outputs that are a rate apart make a phase, and an atrous convolution is an ordinary one in each of its phases
// by itself; so tiles are m × m outputs of one phase. Their inputs, m + 2 pixels an axis and as far apart, are evaluated at
// points, multiplied there with the weights, and interpolated: m + 2 multiplications an axis in place of 3 · m.
//
//   m = 4   at 0, ±½, ±3/2, ∞     of the points tried those with the smallest errors: 2.4e-6 of the result, RMS, at 512 channels, …
//   m = 3   at ±½, ±3/2, ∞        … and 1.3e-6; a direct sum has 3e-7
//   m = 2   where a phase is at most 2 long and padding reaches a rate beyond it on all sides, so that two of the four inputs are 0:
//           three multiplications, Karatsuba's
//
// The gradient of the weight is the transpose of that: where outputs are Aᵀ[(G g Gᵀ) ∘ (Bᵀ d B)]A of weights g and inputs d, it is
// Gᵀ[Σ over the tiles of (Bᵀ d B) ∘ (A dy Aᵀ)]G. Products are summed at the points, and interpolated once.
//
// Not finite values spread over their tile, and infinite ones become NaN.

import type { Conv2dOptions } from './conv2d.ts'
import { windowedSize } from './geometry.ts'
import { VECTOR_BYTES, vectors } from './layout.ts'

/** Outputs of a tile along an axis. */
export type WinogradOutputs = 2 | 3 | 4

/** Points along an axis. */
export const winogradPoints = (outputs: WinogradOutputs): number => ({ 2: 3, 3: 5, 4: 6 })[outputs]

export interface WinogradOptions extends Conv2dOptions {
  outputs: WinogradOutputs
}

/** Some of a convolution's tiles, which are counted image by image and row by row. */
export interface TileRange {
  first: number
  count: number
}

/** Of a kernel that works on some of the tiles. */
export interface WinogradStepOptions extends WinogradOptions {
  range: TileRange
}

/** Whether tiles of this size can compute a convolution. */
export function winogradFits(options: Conv2dOptions, outputs: WinogradOutputs): boolean {
  const { kernel, stride, dilation, padding, input } = options
  if (kernel[0] !== 3 || kernel[1] !== 3 || stride !== 1) return false
  if (outputs > 2) return true
  const out = windowedSize({ h: input[1], w: input[2] }, options)
  const short = (output: number, size: number, before: number) =>
    output <= 2 * dilation && before >= dilation && 3 * dilation - before >= size
  return short(out.h, input[1], padding.top) && short(out.w, input[2], padding.left)
}

/** Tiles along the axes of an image, and of all images. */
export function winogradTiles(options: WinogradOptions) {
  const { dilation, outputs, input } = options
  const out = windowedSize({ h: input[1], w: input[2] }, options)
  // A tile of each phase covers `dilation · outputs`; of the last tiles only those exist that begin inside the map.
  const along = (size: number) => {
    const span = dilation * outputs
    return dilation * Math.floor(size / span) + Math.min(dilation, size % span)
  }
  const [h, w] = [along(out.h), along(out.w)]
  return { h, w, total: input[0] * h * w }
}

/**
 * Ranges that together are all tiles, such that what one needs between the steps takes at most `bytes`: of one length but for the
 * last, in whole rounds of `step` tiles, and at least one round.
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

/** What shaders that go from or to a map know of their tiles. */
export function tileParams(options: WinogradStepOptions) {
  const { range, dilation } = options
  const { h, w } = winogradTiles(options)
  return { tiles_h: h, tiles_w: w, first_tile: range.first, tiles: range.count, dilation }
}

/** What the shaders are told of the tile's size. */
export const winogradConsts = (outputs: WinogradOutputs) => ({
  OUTPUTS: outputs,
  POINTS: winogradPoints(outputs),
})

/** Bytes of the values at all points of so many tiles. */
export const tileBytes = (outputs: WinogradOutputs, channels: number, count: number): number =>
  winogradPoints(outputs) ** 2 * vectors(channels) * count * VECTOR_BYTES

/** Bytes of a weight at all points. */
export const winogradWeightBytes = (
  outputs: WinogradOutputs,
  inChannels: number,
  outChannels: number,
): number => winogradPoints(outputs) ** 2 * vectors(inChannels) * 4 * vectors(outChannels) * VECTOR_BYTES
