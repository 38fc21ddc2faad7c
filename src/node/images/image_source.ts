// Sources of photos, and reading them to pixels.

import { fileURLToPath } from 'node:url'
import { types } from 'node:util'
import sharp from 'sharp'
import type { Image } from '../../data/image.ts'
import { UserError } from '../../errors.ts'
import { shownUrl } from '../../library/downloads.ts'
import { checkPixels, isOpaque, MAX_PHOTO_PIXELS, type Pixels, sizeWithin } from '../../library/pixels.ts'
import { givenSamples, type SampledPixels } from '../../library/samples.ts'
import { type BlobLike, bytesIn, isAnyArrayBuffer, type UrlLike } from '../../library/sources.ts'
import { shown } from '../../options.ts'
import { printable } from '../../printable.ts'
import { fetchBytes, urlText } from '../downloads/fetch_bytes.ts'
import { readImage } from './image.ts'

/**
 * A photo: a path; a file:, data:, http: or https: URL, as text or as a URL object; the bytes of an encoded file as a Buffer,
 * Uint8Array, DataView, ArrayBuffer, SharedArrayBuffer or Blob; or decoded pixels, such as an ImageData. Encoded photos are JPEG, PNG,
 * WebP, AVIF, TIFF or GIF; for a network of other channels also .npy, and decoded `SampledPixels`. Downloads may have 256 MiB and take a minute.
 */
export type ImageSource =
  | string
  | UrlLike
  | BlobLike
  | Uint8Array
  | DataView
  | ArrayBuffer
  | SharedArrayBuffer
  | Pixels
  | SampledPixels

interface ReadSourceOptions {
  /** The most pixels of the result; a larger photo is shrunk. */
  maxPixels: number
  /** The name in messages of a photo without its own name. */
  name: string
  /** How many channels of an image's own the network takes. Without it, photos are read. */
  channels?: number
  signal?: AbortSignal
}

/** The largest file of a photo. */
export const MAX_PHOTO_BYTES = 2 ** 28

const DOWNLOAD = { maxBytes: MAX_PHOTO_BYTES, seconds: 60 }

/**
 * Reads a photo from any source. Throws a UserError of one line if the source is of an unknown kind, or cannot be read or
 * decoded; and the signal's reason if the signal is aborted.
 */
export async function readSource(source: unknown, options: ReadSourceOptions): Promise<Image> {
  const { name, signal } = options
  signal?.throwIfAborted()
  if (typeof source === 'string' && source !== '') return readText(source, options)
  if (typeof source !== 'object' || source === null || Array.isArray(source)) throw unknownKind(name, source)
  const bytes = bytesIn(source)
  if (bytes) return decode(bytes, options)
  if (ArrayBuffer.isView(source)) throw unknownKind(name, source)
  if ('arrayBuffer' in source && typeof source.arrayBuffer === 'function')
    return readBlob(source as BlobLike, options)
  if ('href' in source && typeof source.href === 'string') return readText(source.href, options)
  const samples = givenSamples(source, options)
  if (samples) return samples
  if ('data' in source || 'width' in source) return readPixels(source, options)
  throw unknownKind(name, source)
}

const decode = (pathOrBytes: string | Uint8Array, { maxPixels, name, channels }: ReadSourceOptions) =>
  readImage(pathOrBytes, { maxPixels, name, channels })

/** Reads a path or a URL. A scheme has at least two letters: `C:` is a drive. */
async function readText(text: string, options: ReadSourceOptions): Promise<Image> {
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(text)?.[1].toLowerCase()
  if (scheme === 'file') return decode(pathOf(text), options)
  if (scheme === 'data' || scheme === 'http' || scheme === 'https') {
    const bytes = await photoAt(text, options.signal)
    return decode(bytes, { ...options, name: urlText(urlOf(text)) })
  }
  if (scheme && /^[^:]+:\/\//.test(text))
    throw new UserError(`${shownUrl(text)}: expected a file:, data:, http: or https: URL, or a path`)
  return decode(text, options)
}

/** The bytes of a photo at an http:, https: or data: URL. Throws a UserError, or the signal's reason. */
export const photoAt = async (url: string, signal?: AbortSignal): Promise<Uint8Array> =>
  fetchBytes(urlOf(url), { ...DOWNLOAD, signal })

function urlOf(text: string): URL {
  if (!URL.canParse(text)) throw new UserError(`${shownUrl(text)}: this is not a URL`)
  return new URL(text)
}

/** The path of a file: URL. Throws a UserError if it is not on this machine. */
export function pathOf(text: string): string {
  try {
    return fileURLToPath(text)
  } catch (error) {
    throw new UserError(
      `${printable(text)}: not a file of this machine (${printable((error as Error).message)})`,
    )
  }
}

async function readBlob(blob: BlobLike, options: ReadSourceOptions): Promise<Image> {
  const own = 'name' in blob && typeof blob.name === 'string' ? blob.name : ''
  const name = own === '' ? options.name : printable(own)
  const read = async () => blob.arrayBuffer()
  const buffer = await read().catch(error => {
    throw new UserError(`${name}: cannot be read (${printable(String(error?.message))})`, { cause: error })
  })
  if (!isAnyArrayBuffer(buffer)) throw unknownKind(name, blob)
  return decode(new Uint8Array(buffer), { ...options, name })
}

/**
 * Converts a decoded photo, such as an ImageData, to opaque RGBA of at most `maxPixels`. Throws a UserError that names the field if the photo does not match
 * `Pixels`.
 */
export async function readPixels(
  source: object,
  { name, maxPixels }: { name: string; maxPixels: number },
): Promise<Image> {
  const { size, channels, bytes, originals } = checkPixels(source, name)
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

function unknownKind(name: string, source: unknown): UserError {
  const advice = types.isPromise(source)
    ? ': await it first'
    : isStream(source)
      ? ': read the stream into a Buffer first'
      : ArrayBuffer.isView(source)
        ? ': encoded photos are a Uint8Array, decoded ones { width, height, data }'
        : ''
  return new UserError(
    `${name}: expected a path, a URL, a Blob, the bytes of an encoded photo or { width, height, data }, got ${shown(source)}${advice}`,
  )
}

const isStream = (source: unknown): boolean =>
  typeof source === 'object' && source !== null && ('pipe' in source || 'getReader' in source)
