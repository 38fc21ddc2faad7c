// Checks the first photos before a model is loaded.

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
  /** The first photos, up to the first archive. */
  first: InputPhoto[]
  /** Whether there are no others. */
  isAll: boolean
  /** Whether the user named each file itself. */
  areNamed: boolean
  /** All photos, with the first ones. */
  photos: AsyncIterable<InputPhoto>
}

export async function lookAhead(files: AsyncIterable<InputFile>): Promise<Ahead> {
  const iterator = files[Symbol.asyncIterator]()
  const first: InputPhoto[] = []
  let areNamed = true
  let next = await iterator.next()
  for (; !next.done && first.length < CHECKED_FIRST; next = await iterator.next()) {
    if (isArchive(next.value.file) && !next.value.error) break
    areNamed &&= next.value.isNamed
    for await (const photo of photosOf(next.value)) first.push(photo)
  }
  async function* photos(): AsyncGenerator<InputPhoto> {
    yield* first
    for (; !next.done; next = await iterator.next()) yield* photosOf(next.value)
  }
  return { first, isAll: next.done === true, areNamed, photos: photos() }
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
