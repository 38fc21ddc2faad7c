// Makes a training example of a labelled photo: scaled, mirrored and cropped at random (section 4.1 of DeepLabv3).

import { IGNORE_INDEX, type LabelledImage } from '../data/dataset.ts'
import { networkSize, type Preprocessing } from '../model/preprocessing.ts'
import { randomInteger } from './random.ts'

export interface Augmentation {
  /** Edge of the square crop, in pixels. */
  cropSize: number
  /** The bounds of a random factor on the size at which the network sees a photo in inference. It is uniform between them. */
  scales: readonly [smallest: number, largest: number]
  /** Whether each example is mirrored left to right with a probability of one half. */
  flip: boolean
}

/** Section 4.1 of DeepLabv3. */
export const PAPER_AUGMENTATION: Augmentation = { cropSize: 513, scales: [0.5, 2], flip: true }

export interface AugmentOptions extends Augmentation {
  /** The network's. It has the photo's size at factor 1, and the mean colour that fills the area outside the photo. */
  preprocessing: Preprocessing
  /** Returns uniform numbers in [0, 1). Each example draws four, whatever the options are. */
  random: () => number
}

/** The parts of a batch into which an example is written. */
export interface Example {
  /** RGBA: cropSize · cropSize · 4 bytes. */
  image: Uint8Array
  /** A class id or IGNORE_INDEX for each pixel: cropSize · cropSize bytes. */
  labels: Uint8Array
}

/**
 * Writes a random example of a photo. The photo is scaled (the image as for inference, the labels by nearest neighbour),
 * perhaps mirrored, and cropped to a random window, or kept whole if it is smaller than the crop. The rest of the crop, at the
 * right and below, gets the mean colour and IGNORE_INDEX. Only the window's pixels are computed.
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

/** One axis of the crop: the scaled length of the photo, and the part of it that the crop keeps. */
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

/** Resamples along the rows first, for all source rows that the window needs, then down the columns. */
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

/** The source pixels of one pixel of the window: consecutive ones from `first` on, and the share of each. */
interface Filter {
  first: number
  shares: Float64Array
}

/** The filter of each pixel in a window: antialiased and bilinear, as in preprocess.wgsl. */
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

/** The position of a window pixel's centre in the source, in source pixels: strictly between 0 and `length`. */
function position(i: number, length: number, { scaled, start }: Window, mirrored: boolean): number {
  const centre = ((start + i + 0.5) * length) / scaled
  return mirrored ? length - centre : centre
}
