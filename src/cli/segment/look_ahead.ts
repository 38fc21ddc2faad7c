// Checks the first photos before a model is loaded.

import { setTimeout as sleep } from 'node:timers/promises'
import { isWebUrl } from '../../library/weights_folder.ts'
import { countBar } from '../progress.ts'
import { type InputPhoto, readHeader } from './input_photo.ts'
import { isArchive } from './photo_names.ts'
import { type InputFile, photosOf } from './segment_inputs.ts'

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
