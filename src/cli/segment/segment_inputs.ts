// Finds the photos for `atrous segment`: files, folders, patterns and standard input.

import { lstat, readdir, stat } from 'node:fs/promises'
import { isAbsolute, join, resolve } from 'node:path'
import { UserError } from '../../errors.ts'
import { fileError } from '../../node/files/file_error.ts'
import { readImage, readImageSize } from '../../node/images/image.ts'

export interface InputPhoto {
  /** The name that the user gave or the path in a folder; `-` for standard input. */
  file: string
  /** The data to decode: a path or, from standard input, bytes. */
  source: string | Uint8Array
  /** The reason why it has no result. */
  error?: UserError
}

export const STANDARD_INPUT = '-'

/** The names that a folder or a pattern matches. A single file may have any name. */
const IMAGE_NAME = /\.(jpe?g|png|webp|avif|tiff?|gif)$/i
/** The names of files that this command writes. */
const RESULT_NAME = /\.(mask|overlay|probabilities\.\d+-[^/\\.]*)\.png$/i
const PATTERN = /[*?[\]{}()!]/
const MAX_INPUT_BYTES = 2 ** 28
/** How many headers are read at the same time. */
const AT_A_TIME = 8

/** The photos in the order given, each once. A photo that does not exist has an error. */
export async function findPhotos(named: readonly string[]): Promise<InputPhoto[]> {
  const photos = new Map<string, InputPhoto>()
  for (const name of named)
    for (const photo of await photosOf(name)) {
      const key = photo.file === STANDARD_INPUT ? photo.file : resolve(photo.file)
      if (!photos.has(key)) photos.set(key, photo)
    }
  return [...photos.values()]
}

async function photosOf(name: string): Promise<InputPhoto[]> {
  try {
    if (name === STANDARD_INPUT) return [{ file: name, source: await readStandardInput() }]
    return (await filesOf(name)).map(file => ({ file, source: file }))
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    return [{ file: name, source: name, error }]
  }
}

async function filesOf(name: string): Promise<string[]> {
  const found = await stat(name).catch(() => undefined)
  if (found?.isDirectory()) return imagesIn(name)
  // Patterns arrive here if the shell does not expand them, as on Windows, or if they are quoted.
  const isThere = found !== undefined || (await lstat(name).catch(() => undefined)) !== undefined
  return isThere || !PATTERN.test(name) ? [name] : imagesLike(name)
}

async function imagesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(error => {
    throw fileError(folder, error)
  })
  const files = entries.filter(entry => !entry.isDirectory()).map(({ name }) => name)
  const images = sorted(files.filter(isPhoto))
  if (images.length === 0)
    throw new UserError(`${folder}: no JPEG, PNG, WebP, AVIF, TIFF or GIF file in this folder`)
  return images.map(name => join(folder, name))
}

async function imagesLike(pattern: string): Promise<string[]> {
  const { glob } = await import('tinyglobby')
  const portable = process.platform === 'win32' ? pattern.replaceAll('\\', '/') : pattern
  const files = await glob(portable, { expandDirectories: false, absolute: isAbsolute(pattern) })
  const images = sorted(files.filter(isPhoto))
  if (images.length === 0)
    throw new UserError(`${pattern}: no such file, and as a pattern it matches no image`)
  return images
}

/** macOS creates hidden files `._photo.jpg` that are not images. */
const isPhoto = (file: string) =>
  IMAGE_NAME.test(file) && !RESULT_NAME.test(file) && !/(^|[/\\])\.[^/\\]*$/.test(file)

/** Sorts numbers by value: photo-2 comes before photo-10. */
const sorted = (files: string[]) =>
  files.sort(new Intl.Collator('en', { numeric: true, sensitivity: 'variant' }).compare)

async function readStandardInput(): Promise<Uint8Array> {
  if (process.stdin.isTTY) throw new UserError('-: standard input is a terminal; redirect an image to it')
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of process.stdin) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes > MAX_INPUT_BYTES) throw new UserError(`-: more than ${MAX_INPUT_BYTES / 2 ** 20} MiB`)
  }
  return Buffer.concat(chunks)
}

/** Reads the header of each photo, which is fast, and records an error for those that are not images. */
export async function checkHeaders(photos: readonly InputPhoto[], onChecked: () => void): Promise<void> {
  const left = photos.values()
  const worker = async () => {
    for (const photo of left) {
      await attempt(photo, () => readHeader(photo))
      onChecked()
    }
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, worker))
}

const readHeader = ({ source }: InputPhoto) =>
  typeof source === 'string' ? readImageSize(source) : readImage(source, { maxPixels: 1 })

/** The result of the work; undefined if the photo has an error or gets one by a UserError. */
export async function attempt<T>(photo: InputPhoto, work: () => Promise<T>): Promise<T | undefined> {
  if (photo.error) return undefined
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    const { file } = photo
    const message = error.message.replace(/^image: /, '')
    photo.error = message.startsWith(file) ? error : new UserError(`${file}: ${message}`)
    return undefined
  }
}
