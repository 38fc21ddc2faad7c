// Finds the photos for `atrous segment`: files, folders, patterns, lists, archives, URLs and standard input, or a shard of them. They come
// one by one: of a hundred thousand, the first is segmented before the last is found. The first ones are checked before a model is loaded.

import { lstat, readdir, stat } from 'node:fs/promises'
import { isAbsolute, join, posix, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { InvalidArgumentError } from 'commander'
import { UserError } from '../../errors.ts'
import { isWebUrl, shownUrl } from '../../library/downloads.ts'
import { fileError } from '../../node/files/file_error.ts'
import { photoAt } from '../../node/images/image_source.ts'
import { resultNamer } from '../output.ts'
import { countBar } from '../progress.ts'
import {
  IMAGE_KINDS,
  type InputPhoto,
  isArchive,
  isArray,
  isPhoto,
  isResult,
  readHeader,
  STANDARD_INPUT,
} from './input_photo.ts'
import { photosInArchive, readList, readStandardInput } from './input_sources.ts'

/** One of `count` parts, from 0. */
interface Shard {
  index: number
  count: number
}

/** Kubernetes gives each pod of an indexed Job its number, from 0. */
const JOB_INDEX = 'JOB_COMPLETION_INDEX'

/** `3/8`, or `/8` for the number that Kubernetes gives. */
export function shardOption(text: string): Shard {
  const [, given, counted] = /^(\d*)\/(\d+)$/.exec(text) ?? []
  if (counted === undefined)
    throw new InvalidArgumentError('Expected i/n, such as 0/8 to 7/8, or /8 in a Kubernetes job.')
  const count = Number(counted)
  const index = given === '' ? jobIndex(text) : Number(given)
  if (!(count <= MAX_SHARDS && index < count))
    throw new InvalidArgumentError(
      `Expected a number from 0 to ${Math.min(count, MAX_SHARDS) - 1} before /${counted}, got ${index}.`,
    )
  return { index, count }
}

const MAX_SHARDS = 1e6

function jobIndex(text: string): number {
  const index = process.env[JOB_INDEX]
  if (index === undefined || !/^\d+$/.test(index))
    throw new UserError(
      `--shard ${text}: expected a number in the environment variable ${JOB_INDEX}, got ${index ?? 'none'}`,
    )
  return Number(index)
}

/**
 * Whether the file at this position of all inputs is in the shard: one file in `count`. So the shards have equal numbers of photos, and
 * each reads only its own archives. All of them must be given the same inputs.
 */
const belongsTo = (shard: Shard | undefined, position: number): boolean =>
  shard === undefined || position % shard.count === shard.index

/** A warning if each pod of an indexed job would segment all photos. */
export function shardWarning(shard: Shard | undefined): string | undefined {
  if (shard || process.env[JOB_INDEX] === undefined) return undefined
  return `${JOB_INDEX} is set, and without --shard /n each pod segments all photos`
}

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
interface InputFile {
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
  for (const is of [isPhoto, isArray]) {
    for await (const found of imagesBelow(folder, { below: '', recursive, is })) {
      yield found
      count++
    }
    if (count > 0) return
  }
  const where = recursive ? ' or its subfolders' : ''
  throw new UserError(`${folder}: no ${IMAGE_KINDS} file in this folder${where}`)
}

/** The images of a folder, then those of its subfolders, whose results go to subfolders of the same names. */
async function* imagesBelow(
  root: string,
  { below, recursive, is }: { below: string; recursive: boolean; is: (name: string) => boolean },
): AsyncGenerator<Found> {
  const folder = join(root, below)
  const entries = await readdir(folder, { withFileTypes: true }).catch(error => {
    throw fileError(folder, error)
  })
  const namesOf = (isFolder: boolean) =>
    sorted(entries.filter(entry => entry.isDirectory() === isFolder).map(({ name }) => name))
  for (const name of namesOf(false))
    if (is(name)) yield { file: join(folder, name), folder: below, isNamed: false }
  if (!recursive) return
  for (const name of namesOf(true))
    if (!name.startsWith('.')) yield* imagesBelow(root, { below: posix.join(below, name), recursive, is })
}

/** Images; archives only if the pattern asks for them, so that `data/**` does not segment a photo twice. */
async function filesLike(pattern: string): Promise<string[]> {
  const { glob } = await import('tinyglobby')
  const portable = process.platform === 'win32' ? pattern.replaceAll('\\', '/') : pattern
  const files = await glob(portable, { expandDirectories: false, absolute: isAbsolute(pattern) })
  const kinds = isArchive(pattern) ? [isArchive] : [isPhoto, isArray]
  const matching = sorted(kinds.map(is => files.filter(is)).find(({ length }) => length > 0) ?? [])
  if (matching.length === 0)
    throw new UserError(`${pattern}: no such file, and as a pattern it matches no image`)
  return matching
}

/** Sorts numbers by value: photo-2 comes before photo-10. */
const sorted = (files: string[]) =>
  files.sort(new Intl.Collator('en', { numeric: true, sensitivity: 'variant' }).compare)

/**
 * How many photos are checked before the model is loaded, or downloaded: their headers, and what they would replace. So a mistake shows
 * at once. For a hundred thousand photos on a network's disk, that would take minutes, and their names would fill the memory: the
 * others are checked when it is their turn.
 */
const CHECKED_FIRST = 100

/** How many headers are read at the same time. */
const AT_A_TIME = 8

export interface Ahead {
  /** The first photos, up to the first archive, or to a URL that is not the first of them. */
  first: InputPhoto[]
  /** Whether there are no others. */
  isAll: boolean
  /** Whether the user named each file itself. */
  areNamed: boolean
  /** All photos, with the first ones. */
  photos: AsyncIterable<InputPhoto>
}

/** How long a list that still grows may take for its next name, in milliseconds, before those that are there are segmented. */
const NEXT_NAME_MS = 200

/** `grows`: the files may come slowly, such as those of a list that a program writes to standard input while it finds them. */
export async function lookAhead(
  files: AsyncIterable<InputFile>,
  { grows }: { grows: boolean },
): Promise<Ahead> {
  const iterator = files[Symbol.asyncIterator]()
  const first: InputPhoto[] = []
  let areNamed = true
  let next = iterator.next()
  let found: IteratorResult<InputFile> | undefined = await next
  while (found && !found.done && first.length < CHECKED_FIRST) {
    if (isArchive(found.value.file) && !found.value.error) break
    if (isWebUrl(found.value.file) && first.length > 0) break // the bytes of many would stay in memory
    areNamed &&= found.value.isNamed
    for await (const photo of photosOf(found.value)) first.push(photo)
    next = iterator.next()
    found = await (grows ? unlessLate(next) : next)
  }
  async function* photos(): AsyncGenerator<InputPhoto> {
    yield* first
    for (let each = await next; !each.done; each = await iterator.next()) yield* photosOf(each.value)
  }
  return { first, isAll: found?.done === true, areNamed, photos: photos() }
}

async function unlessLate<T>(next: Promise<T>): Promise<T | undefined> {
  next.catch(() => undefined) // who waits for it reports it
  return Promise.race([next, sleep(NEXT_NAME_MS, undefined, { ref: false })])
}

/** Reads their headers. Records an error for those that are not images. */
export async function checkHeaders(photos: readonly InputPhoto[]): Promise<void> {
  const bar = countBar(photos.length, 'photos checked', { shown: photos.length === CHECKED_FIRST })
  const left = photos.values()
  const lane = async () => {
    for (const photo of left) {
      await readHeader(photo)
      bar.step()
    }
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, lane)).finally(bar.stop)
}
