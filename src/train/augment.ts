// One training example of a labelled photo: scaled, mirrored and cropped at random (section 4.1 of DeepLabv3).

import { IGNORE_INDEX, type LabelledImage } from '../data/dataset.ts'
import { randomInteger } from './random.ts'

export interface Augmentation {
  /** Edge of the square crop, in pixels. */
  cropSize: number
  /** Bounds of the factor on the photo's size, uniform between them. */
  scales: readonly [smallest: number, largest: number]
  /** Whether half of the examples, by chance, are mirrored left to right. */
  flip: boolean
}

/** Section 4.1 of DeepLabv3. */
export const PAPER_AUGMENTATION: Augmentation = { cropSize: 513, scales: [0.5, 2], flip: true }

export interface AugmentOptions extends Augmentation {
  /** Red, green and blue, 0 to 255, of what lies outside the photo: the network's mean colour. */
  padding: readonly number[]
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
 * Writes a random example of a photo: the photo scaled (bilinear, labels nearest), perhaps mirrored, and of that a random window,
 * or all of it where it is smaller than the crop. What is left at the right and below gets `padding` and IGNORE_INDEX. Only the
 * window's pixels are computed.
 */
export function augment(
  photo: LabelledImage,
  into: Example,
  { cropSize, scales, flip, padding, random }: AugmentOptions,
): void {
  const scale = scales[0] + (scales[1] - scales[0]) * random()
  const mirrored = random() < 0.5 && flip
  const axis = (length: number): Window => {
    const scaled = Math.max(1, Math.round(length * scale))
    const size = Math.min(scaled, cropSize)
    return { scaled, size, start: randomInteger(random, scaled - size + 1) }
  }
  const [columns, rows] = [axis(photo.width), axis(photo.height)]
  pad(into, padding)
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

function pad({ image, labels }: Example, padding: readonly number[]): void {
  const [red, green, blue] = padding.map(Math.round)
  for (let i = 0; i < image.length; i += 4) {
    image[i] = red
    image[i + 1] = green
    image[i + 2] = blue
    image[i + 3] = 255
  }
  labels.fill(IGNORE_INDEX)
}

function cropImage(
  { image: { data, width, height } }: LabelledImage,
  { columns, rows, mirrored, cropSize }: Crop,
  into: Uint8Array,
): void {
  const x = taps(width, columns, mirrored)
  const y = taps(height, rows, false)
  for (let row = 0; row < rows.size; row++) {
    const above = y.first[row] * width
    const below = y.second[row] * width
    const down = y.weight[row]
    for (let column = 0; column < columns.size; column++) {
      const left = x.first[column]
      const right = x.second[column]
      const across = x.weight[column]
      for (let channel = 0; channel < 3; channel++) {
        const a = data[(above + left) * 4 + channel]
        const b = data[(above + right) * 4 + channel]
        const c = data[(below + left) * 4 + channel]
        const d = data[(below + right) * 4 + channel]
        const top = a + (b - a) * across
        const bottom = c + (d - c) * across
        into[(row * cropSize + column) * 4 + channel] = top + (bottom - top) * down + 0.5
      }
    }
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

/** The two source pixels of each pixel in a window, and the weight of the second. */
function taps(length: number, window: Window, mirrored: boolean) {
  const first = new Uint32Array(window.size)
  const second = new Uint32Array(window.size)
  const weight = new Float64Array(window.size)
  for (let i = 0; i < window.size; i++) {
    const centre = Math.min(Math.max(position(i, length, window, mirrored) - 0.5, 0), length - 1)
    first[i] = Math.floor(centre)
    second[i] = Math.min(first[i] + 1, length - 1)
    weight[i] = centre - first[i]
  }
  return { first, second, weight }
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
