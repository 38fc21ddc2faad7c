import { open, readFile } from 'node:fs/promises'
import sharp, { type Sharp } from 'sharp'
import type { Image } from '../data/image.ts'
import { UserError } from '../errors.ts'
import type { Gpu } from '../gpu/gpu.ts'
import { fileError } from './file_error.ts'

/** The largest photo that is decoded, 16 384 × 16 384: far above any camera, far below what a hostile header can claim. */
export const MAX_PHOTO_PIXELS = 2 ** 28

export interface ReadImageOptions {
  /** The most pixels `data` may have, such as `pixelsOn` a GPU; a larger photo is shrunk to fit. */
  maxPixels: number
  /** What messages call a photo that is given as bytes. Default: image. */
  name?: string
}

/** Pixels of the largest photo that a GPU can bind, at 4 bytes each. */
export const pixelsOn = ({ limits }: Gpu): number => Math.floor(limits.maxStorageBufferBindingSize / 4)

/**
 * Decodes a JPEG, PNG, WebP, AVIF, TIFF or GIF (of an animation the first frame) to what a viewer shows: EXIF orientation applied,
 * colours in sRGB at 8 bits a channel, transparent parts on white.
 *
 * Throws a UserError for a file that is missing, empty, not an image, damaged, or over MAX_PHOTO_PIXELS; the last is known from
 * the header, before any pixel is decoded.
 */
export async function readImage(pathOrBytes: string | Uint8Array, options: ReadImageOptions): Promise<Image> {
  const name = typeof pathOrBytes === 'string' ? pathOrBytes : (options.name ?? 'image')
  const bytes = typeof pathOrBytes === 'string' ? await readBytes(pathOrBytes) : pathOrBytes
  const original = await readSize(name, bytes)
  const size = sizeWithin(options.maxPixels, original)
  const data = await decode(name, openPhoto(bytes), size)
  return { ...size, data, originalWidth: original.width, originalHeight: original.height }
}

/**
 * The size of a photo as a viewer shows it, from its header alone: quick, and without a promise that the rest decodes.
 * Throws as readImage does.
 */
export async function readImageSize(file: string): Promise<Size> {
  const found = await readSize(file, await readHead(file)).catch(() => undefined)
  // Some files have their header at the end, or a large preview before it.
  return found ?? readSize(file, await readBytes(file))
}

const HEAD_BYTES = 2 ** 16

/** The first bytes, or fewer where the file has no more. */
async function readHead(file: string): Promise<Uint8Array> {
  try {
    const handle = await open(file)
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0)
      return buffer.subarray(0, bytesRead)
    } finally {
      await handle.close()
    }
  } catch (error) {
    throw fileError(file, error)
  }
}

interface Size {
  width: number
  height: number
}

async function readBytes(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file)
  } catch (error) {
    throw fileError(file, error)
  }
}

/** `failOn: 'error'` refuses files cut short, but not the harmless oddities that many cameras write. */
function openPhoto(bytes: Uint8Array): Sharp {
  return sharp(bytes, { failOn: 'error', limitInputPixels: MAX_PHOTO_PIXELS })
}

/** The photo's size after orientation, from its header alone. */
async function readSize(name: string, bytes: Uint8Array): Promise<Size> {
  if (bytes.length === 0) throw new UserError(`${name}: the file is empty`)
  const header = sharp(bytes, { limitInputPixels: false })
  const { autoOrient: size } = await header.metadata().catch(() => {
    throw new UserError(`${name}: not a JPEG, PNG, WebP, AVIF, TIFF or GIF image, or a damaged one`)
  })
  if (size.width * size.height > MAX_PHOTO_PIXELS) {
    const limit = Math.floor(MAX_PHOTO_PIXELS / 1e6)
    throw new UserError(
      `${name}: ${size.width}×${size.height} pixels is over the limit of ${limit} megapixels`,
    )
  }
  return { width: size.width, height: size.height }
}

/** The size itself where it fits, else the largest of about the same shape that has at most maxPixels. */
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

/** RGBA bytes at the given size: height · width · 4. */
async function decode(name: string, photo: Sharp, { width, height }: Size): Promise<Uint8Array> {
  const pixels = photo
    .autoOrient()
    .resize(width, height, { fit: 'fill' })
    .flatten({ background: 'white' })
    .toColourspace('srgb')
    .ensureAlpha()
    .raw({ depth: 'uchar' })
  const { buffer, byteOffset, length } = await pixels.toBuffer().catch(error => {
    throw new UserError(`${name}: damaged or cut short (${error.message.split('\n', 1)[0]})`)
  })
  return new Uint8Array(buffer, byteOffset, length)
}
