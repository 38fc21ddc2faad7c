// Finds the photos for `atrous segment`: files, folders, patterns, lists, archives, URLs and standard input. They come one by one: of a
// hundred thousand, the first is segmented before the last is found.

import { lstat, readdir, stat } from 'node:fs/promises'
import { isAbsolute, join, posix, resolve } from 'node:path'
import { UserError } from '../../errors.ts'
import { shownUrl } from '../../library/shown_url.ts'
import { isWebUrl } from '../../library/weights_folder.ts'
import { fileError } from '../../node/files/file_error.ts'
import { photoAt } from '../../node/images/image_source.ts'
import { resultNamer } from '../output.ts'
import { photosInArchive } from './input_archive.ts'
import { readList } from './input_list.ts'
import { type InputPhoto, STANDARD_INPUT } from './input_photo.ts'
import { IMAGE_KINDS, isArchive, isPhoto, isResult } from './photo_names.ts'
import { belongsTo, type Shard } from './shard.ts'
import { readStandardInput } from './standard_input.ts'

export interface InputOptions {
  /** Files, folders, patterns, archives, URLs, or `-`. */
  named: readonly string[]
  /** A file with names, or `-`. */
  list?: string
  /** Whether a folder includes its subfolders. */
  recursive?: true
  shard?: Shard
}

/** A photo, or an archive of photos. */
export interface InputFile {
  file: string
  /** The path of its results in --out, without extension; of an archive, their folder. */
  key: string
  /** Whether the user named the file itself, and not a folder, a pattern or a list. */
  isNamed: boolean
  error?: UserError
}

/** The part of an InputFile that is known before it has a key. */
interface Found extends Omit<InputFile, 'key'> {
  /** The folder of its results in --out. */
  folder?: string
}

/** The files in the order given, each once. Throws a UserError if a list cannot be read. */
export async function* findFiles(options: InputOptions): AsyncGenerator<InputFile> {
  const { shard } = options
  const seen = new Set<string>()
  const namer = resultNamer()
  let position = 0
  for await (const { folder, ...found } of allFiles(options)) {
    const { file } = found
    const id = file === STANDARD_INPUT ? file : resolve(file)
    if (seen.has(id)) continue
    seen.add(id)
    // Files of other shards get keys, too: all shards give a file the same key.
    const key = isArchive(file) ? namer.archive(file) : namer.photo(nameOf(file), folder)
    if (belongsTo(shard, position++)) yield { ...found, key }
  }
}

/** The name after which the results of a photo are called. */
function nameOf(file: string): string {
  if (file === STANDARD_INPUT) return 'stdin'
  return isWebUrl(file) && URL.canParse(file) ? new URL(file).pathname : file
}

/** A file as a photo, or the photos of an archive. */
export async function* photosOf(found: InputFile): AsyncGenerator<InputPhoto> {
  const { file, key, error } = found
  if (isWebUrl(file)) yield { file: shownUrl(file), key, error, source: () => photoAt(file) }
  else if (isArchive(file) && !error) yield* photosInArchive(found)
  else yield { file, key, error, source: file === STANDARD_INPUT ? readStandardInput : file }
}

async function* allFiles({ named, list, recursive }: InputOptions): AsyncGenerator<Found> {
  for (const name of named) yield* filesOf(name, recursive === true)
  if (list === undefined) return
  // `find` also lists the results of earlier runs.
  for await (const file of readList(list)) if (!isResult(file)) yield { file, isNamed: false }
}

async function* filesOf(name: string, recursive: boolean): AsyncGenerator<Found> {
  try {
    if (name === STANDARD_INPUT || isWebUrl(name)) return yield { file: name, isNamed: true }
    const found = await stat(name).catch(() => undefined)
    if (found?.isDirectory()) return yield* imagesIn(name, recursive)
    // Patterns arrive here if the shell does not expand them, as on Windows, or if they are quoted.
    const isThere = found !== undefined || (await lstat(name).catch(() => undefined)) !== undefined
    if (isThere || !PATTERN.test(name)) return yield { file: name, isNamed: true }
    for (const file of await filesLike(name)) yield { file, isNamed: false }
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    yield { file: name, isNamed: false, error }
  }
}

const PATTERN = /[*?[\]{}()!]/

async function* imagesIn(folder: string, recursive: boolean): AsyncGenerator<Found> {
  let count = 0
  for await (const found of imagesBelow(folder, { below: '', recursive })) {
    yield found
    count++
  }
  if (count > 0) return
  const where = recursive ? ' or its subfolders' : ''
  throw new UserError(`${folder}: no ${IMAGE_KINDS} file in this folder${where}`)
}

/** The images of a folder, then those of its subfolders, whose results go to subfolders of the same names. */
async function* imagesBelow(
  root: string,
  { below, recursive }: { below: string; recursive: boolean },
): AsyncGenerator<Found> {
  const folder = join(root, below)
  const entries = await readdir(folder, { withFileTypes: true }).catch(error => {
    throw fileError(folder, error)
  })
  const namesOf = (isFolder: boolean) =>
    sorted(entries.filter(entry => entry.isDirectory() === isFolder).map(({ name }) => name))
  for (const name of namesOf(false))
    if (isPhoto(name)) yield { file: join(folder, name), folder: below, isNamed: false }
  if (!recursive) return
  for (const name of namesOf(true))
    if (!name.startsWith('.')) yield* imagesBelow(root, { below: posix.join(below, name), recursive })
}

/** Images; archives only if the pattern asks for them, so that `data/**` does not segment a photo twice. */
async function filesLike(pattern: string): Promise<string[]> {
  const { glob } = await import('tinyglobby')
  const portable = process.platform === 'win32' ? pattern.replaceAll('\\', '/') : pattern
  const files = await glob(portable, { expandDirectories: false, absolute: isAbsolute(pattern) })
  const matching = sorted(files.filter(isArchive(pattern) ? isArchive : isPhoto))
  if (matching.length === 0)
    throw new UserError(`${pattern}: no such file, and as a pattern it matches no image`)
  return matching
}

/** Sorts numbers by value: photo-2 comes before photo-10. */
const sorted = (files: string[]) =>
  files.sort(new Intl.Collator('en', { numeric: true, sensitivity: 'variant' }).compare)
