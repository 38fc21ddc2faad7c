// A window of a photo at another size, perhaps mirrored: only the window's pixels are computed.

import type { LabelledImage } from '../data/dataset.ts'
import type { Image } from '../data/image.ts'

/** The parts of a batch into which an example is written. */
export interface Example {
  /** RGBA, cropSize · cropSize · 4 bytes; or the bytes of samples, cropSize · cropSize · c numbers of 4 bytes. */
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
 * Writes a window of the scaled photo as RGBA, or of an image's samples as such; alpha stays as it is. Resamples along the rows first, for all source rows that the window
 * needs, then down the columns.
 */
export function cropImage(
  { image }: LabelledImage,
  { columns, rows, mirrored, pitch }: Crop,
  into: Uint8Array,
): void {
  const { width, height } = image
  const { data, found, numbers, count, rounding } = numbersOf(image, into)
  const across = filters(width, columns, mirrored)
  const down = filters(height, rows, false)
  const top = down[0].first
  const bottom = down[rows.size - 1].first + down[rows.size - 1].shares.length
  const narrowed = new Float32Array((bottom - top) * columns.size * count)
  for (let row = top, to = 0; row < bottom; row++)
    for (const { first, shares } of across)
      for (let channel = 0; channel < count; channel++) {
        let sum = 0
        for (
          let i = 0, from = (row * width + first) * numbers + channel;
          i < shares.length;
          i++, from += numbers
        )
          sum += shares[i] * data[from]
        narrowed[to++] = sum
      }
  const values = columns.size * count
  for (const [row, { first, shares }] of down.entries())
    for (let x = 0, i = (first - top) * values; x < columns.size; x++)
      for (let channel = 0; channel < count; channel++, i++) {
        let sum = 0
        for (let j = 0, from = i; j < shares.length; j++, from += values) sum += shares[j] * narrowed[from]
        found[(row * pitch + x) * numbers + channel] = sum + rounding
      }
}

/** The numbers of an image and of its window. */
interface Numbers {
  data: Uint8Array | Float32Array
  found: Uint8Array | Float32Array
  /** Those of a pixel, and how many of them are resampled: of RGBA three of four. */
  numbers: number
  count: number
  /** What is added before a number becomes a byte. */
  rounding: number
}

function numbersOf({ data, samples }: Image, into: Uint8Array): Numbers {
  if (!samples) return { data, found: into, numbers: 4, count: 3, rounding: 0.5 }
  const { channels } = samples
  return { data: samples.data, found: floatsOf(into), numbers: channels, count: channels, rounding: 0 }
}

/** The samples whose bytes these are. */
export const floatsOf = ({ buffer, byteOffset, byteLength }: Uint8Array): Float32Array =>
  new Float32Array(buffer, byteOffset, byteLength / 4)

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
