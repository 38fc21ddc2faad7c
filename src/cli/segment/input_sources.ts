// Where photos come from besides files: standard input, lists of names and tar archives.

import { createReadStream } from 'node:fs'
import { posix } from 'node:path'
import { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import type { ParsedTarEntry } from 'modern-tar'
import { UserError } from '../../errors.ts'
import { fileError } from '../../node/files/file_error.ts'
import { MAX_PHOTO_BYTES } from '../../node/images/image_source.ts'
import { printable } from '../../printable.ts'
import { type ResultNamer, resultNamer } from '../output.ts'
import { IMAGE_KINDS, type InputPhoto, isPhoto, STANDARD_INPUT } from './input_photo.ts'

/** The bytes. Throws a UserError if there is no end of them. */
export async function readStandardInput(): Promise<Uint8Array> {
  if (process.stdin.isTTY) throw new UserError('-: standard input is a terminal; redirect an image to it')
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of process.stdin) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes > MAX_PHOTO_BYTES) throw new UserError(`-: more than ${MAX_PHOTO_BYTES / 2 ** 20} MiB`)
  }
  return Buffer.concat(chunks)
}

/** The longest name. A file that has none so short is no list. */
const LONGEST_NAME = 2 ** 16

/** The names as they are read: a list on standard input may still be growing. Empty lines are left out. Throws a UserError. */
export async function* readList(list: string): AsyncGenerator<string> {
  if (list === STANDARD_INPUT && process.stdin.isTTY)
    throw new UserError('--list -: standard input is a terminal; redirect a list of names to it')
  const stream = list === STANDARD_INPUT ? process.stdin : createReadStream(list)
  const decoder = new TextDecoder()
  let separator: string | undefined
  let rest = ''
  try {
    for await (const chunk of stream) {
      rest += decoder.decode(chunk as Uint8Array, { stream: true })
      separator ??= rest.includes('\0') ? '\0' : '\n'
      const names = rest.split(separator)
      rest = names.pop()!
      if (rest.length > LONGEST_NAME)
        throw new UserError(
          `--list ${list}: a name of over ${LONGEST_NAME} characters; expected one on each line`,
        )
      for (const name of names) yield* named(name, separator)
    }
    yield* named(rest + decoder.decode(), separator)
  } catch (error) {
    throw fileError(list, error)
  }
}

/** Windows ends a line by two characters. */
function* named(text: string, separator = '\n'): Generator<string> {
  const name = separator === '\n' ? text.replace(/\r$/, '') : text
  if (name !== '') yield name
}

/**
 * The photos in their order. A photo's bytes are skipped unless they are read before the next photo is asked for. If the archive cannot
 * be read to its end, the last photo stands for the archive and has the error.
 */
export async function* photosInArchive({
  file,
  key,
}: {
  file: string
  key: string
}): AsyncGenerator<InputPhoto> {
  const namer = resultNamer()
  let count = 0
  try {
    const { entries, read } = await openArchive(file)
    for await (const { header, body } of entries) {
      if (header.type === 'file' && isPhoto(header.name)) {
        count++
        yield photoOf({ header, body }, { archive: file, key, namer, read })
      }
      if (!body.locked) await body.cancel()
    }
    if (count === 0) throw new UserError(`${file}: no ${IMAGE_KINDS} file in this archive`)
  } catch (error) {
    yield { file, key, source: file, error: archiveError(file, error) }
  }
}

type Body = ReadableStream<Uint8Array>

interface Archive {
  entries: AsyncIterable<ParsedTarEntry>
  /** All bytes of an entry's body. Throws what is wrong with the archive if it ends within them. */
  read(body: Body, size: number): Promise<Uint8Array>
}

async function openArchive(file: string): Promise<Archive> {
  const { createTarDecoder } = await import('modern-tar') // loaded only when needed
  const { readable, writable } = createTarDecoder({ strict: true })
  let failure: unknown
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  // Where an archive ends within an entry, the decoder leaves the entry's body open for ever. What came of it is read first.
  const endBody = async () => {
    await setImmediate()
    await reader?.cancel()
  }
  const bytes = Readable.toWeb(createReadStream(file)) as Body
  bytes.pipeTo(writable).catch(error => {
    failure = error
    return endBody()
  })
  async function read(body: Body, size: number): Promise<Uint8Array> {
    reader = body.getReader()
    if (failure) endBody()
    const chunks: Uint8Array[] = []
    for (let part = await reader.read(); !part.done; part = await reader.read()) chunks.push(part.value)
    reader = undefined
    const whole = Buffer.concat(chunks)
    if (whole.length < size) throw failure ?? new Error('an entry is shorter than it states')
    return whole
  }
  return { entries: readable, read }
}

interface Place {
  archive: string
  key: string
  namer: ResultNamer
  read: Archive['read']
}

function photoOf({ header, body }: ParsedTarEntry, place: Place): InputPhoto {
  const { archive, key, namer, read } = place
  const path = posix.normalize(header.name.replaceAll('\\', '/'))
  const file = `${archive}/${path}`
  const isOutside = path.startsWith('../') || posix.isAbsolute(path)
  const error = isOutside ? new UserError(`${file}: this name leads out of the archive`) : undefined
  const folder = isOutside || !path.includes('/') ? '' : posix.dirname(path)
  return {
    file,
    key: `${key}/${namer.photo(path, folder)}`,
    source: async () => {
      if (header.size > MAX_PHOTO_BYTES)
        throw new UserError(`${file}: ${header.size} bytes is over the limit of ${MAX_PHOTO_BYTES}`)
      return read(body, header.size).catch(error => {
        throw archiveError(archive, error)
      })
    },
    stamp: { bytes: header.size, modified: timeOf(header.mtime) },
    error,
  }
}

/** As ISO 8601. A header may leave the time out, or hold a number of seconds that no calendar has. */
const timeOf = (time = NEVER) => (Number.isNaN(time.getTime()) ? NEVER : time).toISOString()
const NEVER = new Date(0)

function archiveError(file: string, error: unknown): UserError {
  const known = fileError(file, error)
  if (known instanceof UserError) return known
  const { message } = error as Error
  return new UserError(`${file}: not a tar archive, or damaged (${printable(message.split('\n', 1)[0])})`)
}
