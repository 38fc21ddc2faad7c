// Segments many photos. Consecutive photos of one size run in batches. A photo that fails does not stop the others.

import type { Image } from '../data/image.ts'
import { UserError } from '../errors.ts'
import { OutOfMemoryError } from '../gpu/errors.ts'
import type { ManyPhotosOptions } from './segment_options.ts'

export interface BatchWork<Source, Found> {
  /** The most pixels that the GPU can process at once. */
  maxPixels: number
  /** Reads a source as pixels; `name` is used in messages. */
  read(source: Source, name: string): Promise<Image>
  /** Segments photos of one size. */
  segment(photos: Image[]): Promise<Found[]>
  /** Whether an error would occur again with every photo. */
  isFatal(error: unknown): boolean
}

type Options<Source> = Pick<ManyPhotosOptions<Source>, 'batchSize' | 'signal' | 'onProgress' | 'onError'>

interface Waiting {
  index: number
  image: Image
}

/**
 * The results in the order of the sources; undefined for photos passed to `onError`. Without `onError`, throws the UserError of
 * the first photo that fails, with its index.
 */
export async function segmentBatches<Source, Found>(
  sources: readonly Source[],
  { batchSize = 4, signal, onProgress, onError }: Options<Source>,
  work: BatchWork<Source, Found>,
): Promise<(Found | undefined)[]> {
  const found = new Array<Found | undefined>(sources.length).fill(undefined)
  const total = sources.length
  let waiting: Waiting[] = []
  let done = 0

  const attempt = async (indices: number[], run: () => Promise<void>) => {
    try {
      await run()
    } catch (error) {
      signal?.throwIfAborted()
      if (!(error instanceof UserError) || work.isFatal(error)) throw error
      if (!onError) throw withIndex(error, indices[0])
      for (const index of indices) await onError(withIndex(error, index), index, sources[index])
    }
  }
  const flush = async () => {
    const batch = waiting
    waiting = []
    if (batch.length === 0) return
    signal?.throwIfAborted()
    const indices = batch.map(({ index }) => index)
    await attempt(indices, async () => {
      const results = await work.segment(batch.map(({ image }) => image))
      for (const [i, index] of indices.entries()) found[index] = results[i]
    })
    progress(batch.length)
  }
  const progress = (photos: number) => {
    done += photos
    onProgress?.({ done, total })
  }

  for (const [index, source] of sources.entries()) {
    let image: Image | undefined
    await attempt([index], async () => {
      image = await work.read(source, nameOf(index))
    })
    if (!image) {
      progress(1)
      continue
    }
    if (waiting.length > 0 && !(waiting.length < batchSize && fits(waiting, image, work.maxPixels)))
      await flush()
    waiting.push({ index, image })
  }
  await flush()
  return found
}

const nameOf = (index: number) => `photos[${index}]`

/** Adds the photo's index to the error's message, unless it is there already. */
function withIndex(error: UserError, index: number): UserError {
  const name = nameOf(index)
  if (error.message.startsWith(name)) return error
  const message = `${name}: ${error.message}`
  const named = error instanceof OutOfMemoryError ? new OutOfMemoryError(message) : new UserError(message)
  named.cause = error
  return named
}

/** Whether a photo can run in one batch with those that wait. */
function fits(waiting: Waiting[], image: Image, maxPixels: number): boolean {
  const pixels = image.width * image.height
  return sameSize(waiting[0].image, image) && (waiting.length + 1) * pixels <= maxPixels
}

const sameSize = (a: Image, b: Image) =>
  a.width === b.width &&
  a.height === b.height &&
  a.originalWidth === b.originalWidth &&
  a.originalHeight === b.originalHeight
