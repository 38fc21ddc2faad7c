// A window of a photo at another size, perhaps mirrored: only the window's pixels are computed.

import type { LabelledImage } from '../data/dataset.ts'

/** The parts of a batch into which an example is written. */
export interface Example {
  /** RGBA: cropSize · cropSize · 4 bytes. */
  image: Uint8Array
  /** A class id or IGNORE_INDEX for each pixel: cropSize · cropSize bytes. */
  labels: Uint8Array
}

/** One axis of a window: the scaled length of the photo, and the part of it that the window keeps. */
export interface CropAxis {
  scaled: number
  size: number
  start: number
}

export interface Crop {
  columns: CropAxis
  rows: CropAxis
  mirrored: boolean
  /** The pixels from one row to the next where the window is written. */
  pitch: number
}

/**
 * Writes a window of the scaled photo as RGBA; alpha stays as it is. Resamples along the rows first, for all source rows that the window
 * needs, then down the columns.
 */
export function cropImage(
  { image: { data, width, height } }: LabelledImage,
  { columns, rows, mirrored, pitch }: Crop,
  into: Uint8Array,
): void {
  const across = filters(width, columns, mirrored)
  const down = filters(height, rows, false)
  const top = down[0].first
  const bottom = down[rows.size - 1].first + down[rows.size - 1].shares.length
  const narrowed = new Float32Array((bottom - top) * columns.size * 3)
  for (let row = top, to = 0; row < bottom; row++)
    for (const { first, shares } of across) {
      let [red, green, blue] = [0, 0, 0]
      for (let i = 0, from = (row * width + first) * 4; i < shares.length; i++, from += 4) {
        red += shares[i] * data[from]
        green += shares[i] * data[from + 1]
        blue += shares[i] * data[from + 2]
      }
      narrowed[to++] = red
      narrowed[to++] = green
      narrowed[to++] = blue
    }
  const values = columns.size * 3
  for (const [row, { first, shares }] of down.entries())
    for (let i = 0; i < values; i++) {
      let sum = 0
      for (let j = 0, from = (first - top) * values + i; j < shares.length; j++, from += values)
        sum += shares[j] * narrowed[from]
      into[row * pitch * 4 + Math.floor(i / 3) * 4 + (i % 3)] = sum + 0.5
    }
}

/** Writes the label under the centre of each pixel of a window of the scaled photo. */
export function cropLabels(
  { mask, width, height }: LabelledImage,
  { columns, rows, mirrored, pitch }: Crop,
  into: Uint8Array,
): void {
  const x = nearest(width, columns, mirrored)
  const y = nearest(height, rows, false)
  for (let row = 0; row < rows.size; row++)
    for (let column = 0; column < columns.size; column++)
      into[row * pitch + column] = mask[y[row] * width + x[column]]
}

/** The source pixels of one pixel of the window: consecutive ones from `first` on, and the share of each. */
interface Filter {
  first: number
  shares: Float64Array
}

/** The filter of each pixel in a window: antialiased and bilinear, as in preprocess.wgsl. */
function filters(length: number, window: CropAxis, mirrored: boolean): Filter[] {
  const radius = Math.max(1, length / window.scaled)
  return Array.from({ length: window.size }, (_, i) => {
    const centre = position(i, length, window, mirrored)
    const first = Math.max(0, Math.ceil(centre - radius - 0.5))
    const end = Math.min(length, Math.floor(centre + radius + 0.5))
    const weights = Float64Array.from({ length: end - first }, (_, j) =>
      Math.max(0, radius - Math.abs(first + j + 0.5 - centre)),
    )
    const sum = weights.reduce((a, b) => a + b)
    return { first, shares: weights.map(weight => weight / sum) }
  })
}

function nearest(length: number, window: CropAxis, mirrored: boolean): Uint32Array {
  return Uint32Array.from({ length: window.size }, (_, i) =>
    Math.floor(position(i, length, window, mirrored)),
  )
}

/** The position of a window pixel's centre in the source, in source pixels: strictly between 0 and `length`. */
function position(i: number, length: number, { scaled, start }: CropAxis, mirrored: boolean): number {
  const centre = ((start + i + 0.5) * length) / scaled
  return mirrored ? length - centre : centre
}
