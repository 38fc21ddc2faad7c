// Sources of photos in a page or a worker, and reading them to pixels.

import type { Image } from '../data/image.ts'
import { UserError } from '../errors.ts'
import { HttpError, shownUrl } from '../library/downloads.ts'
import { MAX_PHOTO_PIXELS, type Pixels } from '../library/pixels.ts'
import type { SampledPixels } from '../library/samples.ts'
import { type BlobLike, bytesIn, isAnyArrayBuffer, type UrlLike } from '../library/sources.ts'
import { checkOptions, type DeclaredOptions, shown } from '../options.ts'
import { printable } from '../printable.ts'
import { draw, readPixels } from './draw.ts'
import { type Drawable, drawnSize, isDrawable } from './drawable.ts'
import { absolute } from './shipped.ts'

/**
 * A photo: what a canvas draws; a URL, as text or as a URL object; the bytes of an encoded file as a Blob, File, Uint8Array,
 * DataView, ArrayBuffer or SharedArrayBuffer; or decoded pixels, such as an ImageData. Encoded photos are of any format that the
 * browser decodes. Of a video it is the present frame.
 */
export type ImageSource =
  | Drawable
  | ImageData
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

/**
 * Reads a photo as the browser shows it: EXIF orientation applied, colours in sRGB at 8 bits per channel, transparent parts on
 * white. Throws a UserError of one line if the source is of an unknown kind, or cannot be read or decoded; and the signal's
 * reason if the signal is aborted.
 */
export async function readSource(source: unknown, options: ReadSourceOptions): Promise<Image> {
  const { name, signal } = options
  signal?.throwIfAborted()
  const image = await read(source, { ...options, name: printable(name) })
  signal?.throwIfAborted()
  return image
}

async function read(source: unknown, options: ReadSourceOptions): Promise<Image> {
  const { name } = options
  if (typeof source === 'string' && source !== '') return readUrl(source, options)
  if (typeof source !== 'object' || source === null || Array.isArray(source)) throw unknownKind(name, source)
  if (isDrawable(source)) return draw(source, await drawnSize(source, name), options)
  const bytes = bytesIn(source)
  if (bytes) return decode(new Blob([bytes as Uint8Array<ArrayBuffer>]), options)
  if (ArrayBuffer.isView(source)) throw unknownKind(name, source)
  if ('arrayBuffer' in source && typeof source.arrayBuffer === 'function')
    return readBlob(source as BlobLike, options)
  if ('href' in source && typeof source.href === 'string') return readUrl(source.href, options)
  const samples =
    options.channels !== undefined && (await import('../library/samples.ts')).givenSamples(source, options)
  if (samples) return samples
  if ('data' in source || 'width' in source) return readPixels(source, options)
  throw unknownKind(name, source)
}

async function readUrl(text: string, options: ReadSourceOptions): Promise<Image> {
  const { signal } = options
  const url = absolute(text)
  const name = text.startsWith('data:') ? printable(text.slice(0, 30)) : shownUrl(url ?? text)
  if (url === undefined) throw new UserError(`${name}: this is not a URL`)
  const response = await fetch(url, { signal }).catch(error => {
    signal?.throwIfAborted()
    throw new UserError(`${name}: cannot be fetched, or its server does not let this page read it (CORS)`, {
      cause: error,
    })
  })
  if (!response.ok) throw new HttpError(url, response.status)
  return readBlob(response, { ...options, name })
}

async function readBlob(source: BlobLike, options: ReadSourceOptions): Promise<Image> {
  const own = 'name' in source && typeof source.name === 'string' ? source.name : ''
  const name = own === '' ? options.name : printable(own)
  if (source instanceof Blob) return decode(source, { ...options, name })
  const read = async () => source.arrayBuffer()
  const buffer = await read().catch(error => {
    options.signal?.throwIfAborted()
    throw new UserError(`${name}: cannot be read (${printable(String(error?.message))})`, { cause: error })
  })
  if (!isAnyArrayBuffer(buffer)) throw unknownKind(name, source)
  return decode(new Blob([buffer]), { ...options, name })
}

/** Alpha stays apart from the colours until the photo is drawn on white, which then rounds once. */
async function decode(blob: Blob, options: ReadSourceOptions): Promise<Image> {
  const { name } = options
  if (blob.size === 0) throw new UserError(`${name}: the file is empty`)
  const bitmap = await createImageBitmap(blob, { premultiplyAlpha: 'none' }).catch(error => {
    throw new UserError(`${name}: not an image that this browser decodes, or a damaged one`, { cause: error })
  })
  try {
    return draw(bitmap, bitmap, options)
  } finally {
    bitmap.close()
  }
}

function unknownKind(name: string, source: unknown): UserError {
  const advice =
    source instanceof Promise
      ? ': await it first'
      : ArrayBuffer.isView(source)
        ? ': encoded photos are a Uint8Array, decoded ones { width, height, data }'
        : ''
  return new UserError(
    `${name}: expected an image, a canvas, a video frame, a URL, a Blob, the bytes of an encoded photo or { width, height, data }, got ${shown(source)}${advice}`,
  )
}

export interface ReadImageOptions {
  /** The most pixels that `data` may have; a larger photo is shrunk to fit. Default: 2²⁸. */
  maxPixels?: number
  /** The name in messages of a photo without its own. Default: image. */
  name?: string
}

const READ_OPTIONS: DeclaredOptions<ReadImageOptions> = { maxPixels: true, name: true }

/** Reads a photo as `segment` does, for a dataset. Throws a UserError for one that cannot be read. */
export async function readImage(photo: ImageSource, options: ReadImageOptions = {}): Promise<Image> {
  checkOptions(options, READ_OPTIONS)
  const { maxPixels = MAX_PHOTO_PIXELS, name = 'image' } = options
  if (!(typeof maxPixels === 'number' && maxPixels >= 1))
    throw new UserError(`maxPixels: expected a number of pixels from 1 up, got ${shown(maxPixels)}`)
  return readSource(photo, { maxPixels, name })
}
