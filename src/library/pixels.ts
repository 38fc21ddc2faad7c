// Decoded photos: the size of the largest one, of one that is shrunk for a GPU, and pixels that a caller gives.

import { UserError } from '../errors.ts'
import type { Gpu } from '../gpu/gpu.ts'
import type { TileOptions } from '../inference/inference_options.ts'
import { shown } from '../options.ts'
import { isUint8Array, isUint8ClampedArray, unshared } from './sources.ts'

/**
 * The largest photo that is decoded, 16 384 × 16 384: far larger than any camera's, far smaller than a hostile header can state.
 */
export const MAX_PHOTO_PIXELS = 2 ** 28

export interface Size {
  width: number
  height: number
}

/** The most pixels that a buffer of a GPU can hold, at 4 bytes each. */
export const pixelsOn = ({ limits }: Gpu): number => Math.floor(limits.maxBufferSize / 4)

/** The most pixels of a photo that is segmented: only windows of it are on the GPU if it is segmented in tiles. */
export const mostPixels = (gpu: Gpu, { tile }: TileOptions): number =>
  tile === undefined ? pixelsOn(gpu) : MAX_PHOTO_PIXELS

/** The size itself if it fits, else the largest size of about the same aspect ratio with at most maxPixels. */
export function sizeWithin(maxPixels: number, { width, height }: Size): Size {
  if (width * height <= maxPixels) return { width, height }
  const scale = Math.sqrt(maxPixels / (width * height))
  const smallerWidth = Math.min(Math.max(1, Math.floor(width * scale)), maxPixels)
  const smallerHeight = Math.min(
    Math.max(1, Math.floor(height * scale)),
    Math.floor(maxPixels / smallerWidth),
  )
  return { width: smallerWidth, height: smallerHeight }
}

/** A decoded photo, 8-bit sRGB, the right way up. */
export interface Pixels {
  /** Size of `data` in pixels, at most 2²⁸ of them. */
  width: number
  height: number
  /**
   * Red, green, blue and alpha, height · width · 4 bytes, or red, green and blue, height · width · 3 bytes; row by row from the
   * top. Transparent pixels are shown on white. The data may be used without a copy: do not change it while the result is in use.
   */
  data: Uint8Array | Uint8ClampedArray
  /** The size of the mask. Give both or neither. Default: width and height. */
  originalWidth?: number
  originalHeight?: number
}

interface CheckedPixels {
  size: Size
  channels: 3 | 4
  /** Not copied, unless another thread may change them. */
  bytes: Uint8Array
  /** The size of the mask. */
  originals: { originalWidth: number; originalHeight: number }
}

/** Throws a UserError that names the field if the photo does not match `Pixels`. */
export function checkPixels(source: object, name: string): CheckedPixels {
  const { width, height, data, originalWidth, originalHeight } = source as { [key in keyof Pixels]: unknown }
  const size = checkSize(name, { width, height })
  const channels = checkData(name, data, size)
  const isOriginal = originalWidth === undefined && originalHeight === undefined
  const original = isOriginal ? size : checkSize(name, { originalWidth, originalHeight })
  const originals = { originalWidth: original.width, originalHeight: original.height }
  const { buffer, byteOffset, length } = data as Uint8Array | Uint8ClampedArray
  return { size, channels, bytes: unshared(new Uint8Array(buffer, byteOffset, length)), originals }
}

/** Checks a width and a height under any names. */
export function checkSize(name: string, sides: Record<string, unknown>): Size {
  for (const [side, value] of Object.entries(sides))
    if (!Number.isInteger(value) || (value as number) < 1)
      throw new UserError(`${name}.${side}: expected a whole number above 0, got ${shown(value)}`)
  const [width, height] = Object.values(sides) as number[]
  if (width * height > MAX_PHOTO_PIXELS)
    throw new UserError(
      `${name}: ${width}×${height} pixels is over the limit of ${Math.floor(MAX_PHOTO_PIXELS / 1e6)} megapixels`,
    )
  return { width, height }
}

function checkData(name: string, data: unknown, { width, height }: Size): 3 | 4 {
  if (!isUint8Array(data) && !isUint8ClampedArray(data))
    throw new UserError(`${name}.data: expected a Uint8Array or a Uint8ClampedArray, got ${shown(data)}`)
  const pixels = width * height
  if (data.length === pixels * 4) return 4
  if (data.length === pixels * 3) return 3
  throw new UserError(
    `${name}.data: expected ${pixels * 4} bytes (RGBA) or ${pixels * 3} (RGB) for ${width}×${height} pixels, got ${data.length}`,
  )
}

export function isOpaque(rgba: Uint8Array): boolean {
  for (let alpha = 3; alpha < rgba.length; alpha += 4) if (rgba[alpha] !== 255) return false
  return true
}
