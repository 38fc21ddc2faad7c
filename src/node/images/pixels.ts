// Checks photos that are already decoded, such as an ImageData, and converts them to the network's input.

import { types } from 'node:util'
import sharp from 'sharp'
import type { Image } from '../../data/image.ts'
import { UserError } from '../../errors.ts'
import { shown } from '../../options.ts'
import { sizeWithin } from './image.ts'
import { MAX_PHOTO_PIXELS } from './photo_format.ts'

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

/**
 * Converts a photo to opaque RGBA of at most `maxPixels`. Throws a UserError that names the field if the photo does not match
 * `Pixels`.
 */
export async function readPixels(
  source: object,
  { name, maxPixels }: { name: string; maxPixels: number },
): Promise<Image> {
  const { width, height, data, originalWidth, originalHeight } = source as { [key in keyof Pixels]: unknown }
  const size = checkSize(name, { width, height })
  const channels = checkData(name, data, size)
  const isOriginal = originalWidth === undefined && originalHeight === undefined
  const original = isOriginal ? size : checkSize(name, { originalWidth, originalHeight })
  const originals = { originalWidth: original.width, originalHeight: original.height }
  const bytes = asBytes(data as Uint8Array | Uint8ClampedArray)
  const within = sizeWithin(maxPixels, size)
  const fits = within.width === size.width && within.height === size.height
  if (channels === 4 && fits && isOpaque(bytes)) return { ...size, data: bytes, ...originals }
  const raw = { ...size, channels }
  const { buffer, byteOffset, length } = await sharp(bytes, { raw, limitInputPixels: MAX_PHOTO_PIXELS })
    .resize(within.width, within.height, { fit: 'fill' })
    .flatten({ background: 'white' })
    .ensureAlpha()
    .raw()
    .toBuffer()
  return { ...within, data: new Uint8Array(buffer, byteOffset, length), ...originals }
}

/** Checks a width and a height under any names. */
function checkSize(name: string, sides: Record<string, unknown>): { width: number; height: number } {
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

function checkData(name: string, data: unknown, { width, height }: { width: number; height: number }): 3 | 4 {
  if (!types.isUint8Array(data) && !types.isUint8ClampedArray(data))
    throw new UserError(`${name}.data: expected a Uint8Array or a Uint8ClampedArray, got ${shown(data)}`)
  const pixels = width * height
  if (data.length === pixels * 4) return 4
  if (data.length === pixels * 3) return 3
  throw new UserError(
    `${name}.data: expected ${pixels * 4} bytes (RGBA) or ${pixels * 3} (RGB) for ${width}×${height} pixels, got ${data.length}`,
  )
}

/** The same bytes, or a copy if another thread may change them. */
function asBytes({ buffer, byteOffset, length }: Uint8Array | Uint8ClampedArray): Uint8Array {
  const bytes = new Uint8Array(buffer, byteOffset, length)
  return types.isSharedArrayBuffer(buffer) ? bytes.slice() : bytes
}

function isOpaque(rgba: Uint8Array): boolean {
  for (let alpha = 3; alpha < rgba.length; alpha += 4) if (rgba[alpha] !== 255) return false
  return true
}
