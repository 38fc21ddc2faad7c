// A photo that `atrous segment` is to segment.

import { stat } from 'node:fs/promises'
import { UserError } from '../../errors.ts'
import type { Size } from '../../library/pixels.ts'
import { mayBeSamples, readImageSize } from '../../node/images/image.ts'
import { printablePath } from '../../printable.ts'

export interface InputPhoto {
  /** The name that the user gave, or the path in a folder or an archive; `-` for standard input. */
  file: string
  /** The path of its results in --out, without extension. */
  key: string
  /** A path, bytes, or what reads the bytes. Those of an archive's photo are read before the next photo is asked for. */
  source: string | Uint8Array | (() => Promise<Uint8Array>)
  /** Of an archive's photo: what its archive says. */
  stamp?: Stamp
  /** From its header, once this is read. */
  size?: Size
  /** The reason why it has no result. */
  error?: UserError
}

/** The size and times of a photo, by which a change is noticed. */
export interface Stamp {
  bytes: number
  /** The time of the last change, as ISO 8601. Anybody may set it, and an archive states any. */
  modified: string
  /** The time of the last change of the file or its name, as ISO 8601, which the system sets alone. An archive's photo has none. */
  changed?: string
}

export const STANDARD_INPUT = '-'

/** Undefined for standard input, and if there is no such file. */
export async function stampOf({ source, stamp }: InputPhoto): Promise<Stamp | undefined> {
  if (typeof source !== 'string') return stamp
  const found = await stat(source).catch(() => undefined)
  if (!found || found.isDirectory()) return undefined
  return { bytes: found.size, modified: found.mtime.toISOString(), changed: found.ctime.toISOString() }
}

/** The source as a decoder takes it: a path, or the bytes, which are read now if they were not. Throws a UserError. */
export async function loaded(photo: InputPhoto): Promise<string | Uint8Array> {
  if (typeof photo.source === 'function') photo.source = await photo.source()
  return photo.source
}

/**
 * Reads the header, which is fast. If this is no photo, records the error; before the model is known, not for a file that may be an image of
 * channels of its own.
 */
export async function readHeader(photo: InputPhoto, model?: { channels?: number }): Promise<void> {
  photo.size ??= await attempt(photo, async () => {
    const source = await loaded(photo)
    const size = readImageSize(source, { name: photo.file, channels: model?.channels })
    return size.catch(async error => {
      if (model || !(await mayBeSamples(source))) throw error
      return undefined
    })
  })
}

/** The result of the work; undefined if the photo has an error or gets one by a UserError. */
export async function attempt<T>(photo: InputPhoto, work: () => Promise<T>): Promise<T | undefined> {
  if (photo.error) return undefined
  try {
    return await work()
  } catch (error) {
    photo.error = errorOf(photo, error)
    return undefined
  }
}

/** A UserError of one line with the photo's name, which may hold any characters. Throws all others. */
export function errorOf({ file }: InputPhoto, error: unknown): UserError {
  if (!(error instanceof UserError)) throw error
  const [name, message] = [file, error.message.replace(/^image: /, '')].map(printablePath)
  return new UserError(message.startsWith(name) ? message : `${name}: ${message}`)
}

/** The photos of a folder, a pattern or an archive. A single file may have any name. */
const IMAGE_NAME = /\.(jpe?g|png|webp|avif|tiff?|gif)$/i
/** Taken of a folder or a pattern without any photo. */
const ARRAY_NAME = /\.npy$/i
/** Files that the command writes. */
const RESULT_NAME = /\.((mask|overlay|cutout|probabilities\.\d+-[^/\\.]*)\.png|probabilities\.npy)$/i

export const IMAGE_KINDS = 'JPEG, PNG, WebP, AVIF, TIFF or GIF'

export const isResult = (file: string): boolean => RESULT_NAME.test(file)

/** macOS creates hidden files `._photo.jpg` that are not images. */
export const isPhoto = (file: string): boolean => IMAGE_NAME.test(file) && isInput(file)

export const isArray = (file: string): boolean => ARRAY_NAME.test(file) && isInput(file)

const isInput = (file: string): boolean => !isResult(file) && !/(^|[/\\])\.[^/\\]*$/.test(file)

export const isArchive = (file: string): boolean => /\.tar$/i.test(file)
