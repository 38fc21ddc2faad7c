// A photo in memory, as the network takes it.

import { UserError } from '../errors.ts'
import { type Preprocessing, type Samples, samplesIn } from '../model/preprocessing.ts'
import type { PhotoSize } from './inference_graph.ts'
import type { GpuPhoto } from './on_gpu.ts'

/** A photo's pixels, and the size of its mask. */
export interface Photo extends PhotoSize {
  /** RGBA, height · width · 4 bytes. */
  data: Uint8Array
  /** The channels of an image that is not a photo. */
  samples?: Samples
}

/** The size of a photo, without its pixels. */
export const photoSize = ({ width, height, originalWidth, originalHeight }: PhotoSize): PhotoSize => ({
  width,
  height,
  originalWidth,
  originalHeight,
})

/**
 * What a network takes of a photo: RGBA, or the bytes of its samples. Throws a UserError for a photo of other channels than the network's.
 */
export function inputOf(photo: Photo, preprocessing: Preprocessing): Uint8Array
export function inputOf(photo: Photo | GpuPhoto, preprocessing: Preprocessing): Uint8Array | GPUBuffer
export function inputOf(photo: Photo | GpuPhoto, preprocessing: Preprocessing): Uint8Array | GPUBuffer {
  const expected = samplesIn(preprocessing)
  const samples = 'samples' in photo ? photo.samples : undefined
  if (samples?.channels !== expected)
    throw new UserError(`photo: expected ${channelsText(expected)}, got ${channelsText(samples?.channels)}`)
  if (!samples) return photo.data
  const { buffer, byteOffset, byteLength } = samples.data
  return new Uint8Array(buffer, byteOffset, byteLength)
}

/** Words for the channels that a network takes or an image has. */
export const channelsText = (channels: number | undefined): string =>
  channels === undefined
    ? 'red, green and blue'
    : `an image of ${channels} channel${channels === 1 ? '' : 's'}`

/** A photo whose mask has its own size. */
export const ownSize = ({ width, height }: { width: number; height: number }): PhotoSize => ({
  width,
  height,
  originalWidth: width,
  originalHeight: height,
})

/** The pixels of all photos, one photo after the other. */
export function pixelsOf(photos: Photo[], preprocessing: Preprocessing): Uint8Array {
  const inputs = photos.map(photo => inputOf(photo, preprocessing))
  if (inputs.length === 1) return inputs[0]
  const pixels = new Uint8Array(inputs.length * inputs[0].length)
  inputs.forEach((input, i) => {
    pixels.set(input, i * inputs[0].length)
  })
  return pixels
}
