// Images of 1 to 8 channels that are not photos: grey, colour with depth, the bands of a satellite.

import type { Image } from '../data/image.ts'
import { UserError } from '../errors.ts'
import { MAX_CHANNELS } from '../kernels/layout.ts'
import { shown } from '../options.ts'
import { checkSize } from './pixels.ts'
import { channelPicture } from './samples_picture.ts'

/** A decoded image of channels of its own. */
export interface SampledPixels {
  /** Size in pixels. */
  width: number
  height: number
  /** 1 to 8. */
  channels: number
  /**
   * Row by row from the top, the channels of a pixel together: height · width · channels numbers. Those of 8 and 16 bits are divided by 255
   * and by 65535; a network sees floats as they are. They are finite.
   */
  data: Uint8Array | Uint8ClampedArray | Uint16Array | Float32Array
}

/** What a file may hold: beside the numbers of SampledPixels those that are taken as they are. */
export type AnySamples =
  | SampledPixels['data']
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint32Array

/** The largest number of samples of an image: a gigabyte. */
const MAX_SAMPLES = 2 ** 28

/**
 * An image for a network that takes as many channels, with a picture of it: of 8-bit channels themselves, of others from the 2nd to the 98th
 * percentile of each; the first three as red, green and blue, or the first alone as grey. Throws a UserError that names the field which does
 * not fit, and the first number that is not finite. `name` begins the message; null: the caller says which image it is.
 */
export function sampledImage(
  source: Omit<SampledPixels, 'data'> & { data: AnySamples },
  name: string | null = 'image',
): Image {
  const { channels, data } = source
  const subject = name ?? 'image'
  const { width, height } = checkSize(subject, { width: source.width, height: source.height })
  if (!Number.isInteger(channels) || channels < 1 || channels > MAX_CHANNELS)
    throw new UserError(
      `${subject}.channels: expected a whole number from 1 to ${MAX_CHANNELS}, got ${shown(channels)}`,
    )
  checkSampleCount(name, { width, height, channels })
  const scale = scaleOf(data, subject)
  const length = width * height * channels
  if (data.length !== length)
    throw new UserError(
      `${subject}.data: expected ${length} numbers for ${width}×${height} pixels of ${channels} channels, got ${data.length}`,
    )
  const samples = { channels, data: scaled(data, scale) }
  checkFinite(samples.data, { name, width, channels })
  const picture = channelPicture(samples, { isByte: scale === 255 })
  return { width, height, data: picture, samples, originalWidth: width, originalHeight: height }
}

/** Decoded channels that a caller gives, or an image of `sampledImage`, for a network which takes those; undefined for any other source, and for a network of photos. */
export function givenSamples(
  source: object,
  { name, channels, maxPixels }: { name: string; channels?: number; maxPixels: number },
): Image | undefined {
  if (channels === undefined) return undefined
  const isRead = 'samples' in source && source.samples !== undefined
  if (!isRead && !('channels' in source && 'data' in source)) return undefined
  const image = isRead ? (source as Image) : sampledImage(source as SampledPixels, name)
  checkSampleCount(name, { ...image, channels: image.samples!.channels }, maxPixels)
  return image
}

/** Throws a UserError if an image has more samples than one call should hold, or than `most`. */
export function checkSampleCount(
  name: string | null,
  { width, height, channels }: { width: number; height: number; channels: number },
  most: number = MAX_SAMPLES,
): void {
  const limit = Math.min(most, MAX_SAMPLES)
  if (width * height * channels > limit)
    throw new UserError(
      `${about(name)}${width}×${height} pixels of ${channels} channels are over the limit of ${limit} numbers: cut the image into parts`,
    )
}

const about = (name: string | null) => (name === null ? '' : `${name}: `)

/** What the numbers of an array are divided by. */
function scaleOf(data: unknown, name: string): number {
  const type = Object.prototype.toString.call(data).slice('[object '.length, -1)
  if (type === 'Uint8Array' || type === 'Uint8ClampedArray') return 255
  if (type === 'Uint16Array') return 65535
  if (/^(Float32|Float64|Int8|Int16|Int32|Uint32)Array$/.test(type)) return 1
  throw new UserError(
    `${name}.data: expected a Uint8Array, a Uint16Array or a Float32Array, got ${shown(data)}`,
  )
}

function scaled(data: AnySamples, scale: number): Float32Array {
  if (scale === 1 && data instanceof Float32Array) return data
  const samples = new Float32Array(data.length)
  for (let i = 0; i < data.length; i++) samples[i] = data[i] / scale
  return samples
}

function checkFinite(
  data: Float32Array,
  { name, width, channels }: { name: string | null; width: number; channels: number },
): void {
  const at = data.findIndex(value => !Number.isFinite(value))
  if (at < 0) return
  const pixel = Math.floor(at / channels)
  throw new UserError(
    `${about(name)}channel ${(at % channels) + 1} is ${data[at]} at x ${pixel % width}, y ${Math.floor(pixel / width)}: give such pixels a number, such as the channel's mean`,
  )
}
