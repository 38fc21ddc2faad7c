// One training example of a labelled photo: scaled, mirrored and cropped at random (section 4.1 of DeepLabv3).

import { IGNORE_INDEX, type LabelledImage } from '../data/dataset.ts'
import { networkSize, type Preprocessing } from '../model/preprocessing.ts'
import { randomInteger } from './random.ts'

export interface Augmentation {
  /** Edge of the square crop, in pixels. */
  cropSize: number
  /** Bounds of the factor on the size at which the network sees a photo in inference, uniform between them. */
  scales: readonly [smallest: number, largest: number]
  /** Whether half of the examples, by chance, are mirrored left to right. */
  flip: boolean
}

/** Section 4.1 of DeepLabv3. */
export const PAPER_AUGMENTATION: Augmentation = { cropSize: 513, scales: [0.5, 2], flip: true }

export interface AugmentOptions extends Augmentation {
  /** The network's: at factor 1 it sees a photo at this size, and its mean colour is what lies outside a photo. */
  preprocessing: Preprocessing
  /** Gives uniform numbers in [0, 1); four are drawn, whatever the options. */
  random: () => number
}

/** Where an example goes: parts of a batch. */
export interface Example {
  /** RGBA: cropSize · cropSize · 4 bytes. */
  image: Uint8Array
  /** Class ids, IGNORE_INDEX where there is none: cropSize · cropSize bytes. */
  labels: Uint8Array
}

/**
 * Writes a random example of a photo: the photo scaled (as for inference, labels nearest), perhaps mirrored, and of that a random
 * window, or all of it where it is smaller than the crop. What is left at the right and below gets the mean colour and
 * IGNORE_INDEX. Only the window's pixels are computed.
 */
export function augment(
  photo: LabelledImage,
  into: Example,
  { cropSize, scales, flip, preprocessing, random }: AugmentOptions,
): void {
  const scale = scales[0] + (scales[1] - scales[0]) * random()
  const mirrored = random() < 0.5 && flip
  const scaled = networkSize(photo, preprocessing, scale)
  const axis = (scaled: number): Window => {
    const size = Math.min(scaled, cropSize)
    return { scaled, size, start: randomInteger(random, scaled - size + 1) }
  }
  const [columns, rows] = [axis(scaled.width), axis(scaled.height)]
  pad(into, preprocessing)
  cropImage(photo, { columns, rows, mirrored, cropSize }, into.image)
  cropLabels(photo, { columns, rows, mirrored, cropSize }, into.labels)
}

/** Of an axis: its scaled length, and the stretch of that to keep. */
interface Window {
  scaled: number
  size: number
  start: number
}

interface Crop {
  columns: Window
  rows: Window
  mirrored: boolean
  cropSize: number
}

function pad({ image, labels }: Example, { mean }: Preprocessing): void {
  const [red, green, blue] = mean.map(share => Math.round(share * 255))
  for (let i = 0; i < image.length; i += 4) {
    image[i] = red
    image[i + 1] = green
    image[i + 2] = blue
    image[i + 3] = 255
  }
  labels.fill(IGNORE_INDEX)
}

/** Along the rows first, for all rows that the window draws on, then down the columns. */
function cropImage(
  { image: { data, width, height } }: LabelledImage,
  { columns, rows, mirrored, cropSize }: Crop,
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
  const pitch = columns.size * 3
  for (const [row, { first, shares }] of down.entries())
    for (let i = 0; i < pitch; i++) {
      let sum = 0
      for (let j = 0, from = (first - top) * pitch + i; j < shares.length; j++, from += pitch)
        sum += shares[j] * narrowed[from]
      into[row * cropSize * 4 + Math.floor(i / 3) * 4 + (i % 3)] = sum + 0.5
    }
}

function cropLabels(
  { mask, width, height }: LabelledImage,
  { columns, rows, mirrored, cropSize }: Crop,
  into: Uint8Array,
): void {
  const x = nearest(width, columns, mirrored)
  const y = nearest(height, rows, false)
  for (let row = 0; row < rows.size; row++)
    for (let column = 0; column < columns.size; column++)
      into[row * cropSize + column] = mask[y[row] * width + x[column]]
}

/** The source pixels from `first` on that a pixel of the window is made of, and the share of each. */
interface Filter {
  first: number
  shares: Float64Array
}

/** Of each pixel in a window: the antialiased bilinear filter of preprocess.wgsl. */
function filters(length: number, window: Window, mirrored: boolean): Filter[] {
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

function nearest(length: number, window: Window, mirrored: boolean): Uint32Array {
  return Uint32Array.from({ length: window.size }, (_, i) =>
    Math.floor(position(i, length, window, mirrored)),
  )
}

/** Where the centre of a window's pixel lies in the source, in source pixels: strictly between 0 and `length`. */
function position(i: number, length: number, { scaled, start }: Window, mirrored: boolean): number {
  const centre = ((start + i + 0.5) * length) / scaled
  return mirrored ? length - centre : centre
}
