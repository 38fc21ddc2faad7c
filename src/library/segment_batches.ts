// Segments the photos of an array. Consecutive photos of one size run in batches. A photo that fails does not stop the others.

import type { Image } from '../data/image.ts'
import { UserError } from '../errors.ts'
import { OutOfMemoryError } from '../gpu/errors.ts'
import { runPhotos } from './photo_runner.ts'
import type { ManyPhotosOptions } from './segment_options.ts'

interface BatchWork<Source, Found> {
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
  let done = 0
  const fail = async (index: number, error: unknown) => {
    signal?.throwIfAborted()
    if (!(error instanceof UserError) || work.isFatal(error)) throw error
    if (!onError) throw withIndex(error, index)
    await onError(withIndex(error, index), index, sources[index])
  }
  await runPhotos<number, Image, Found, { found: Found; isLast: boolean }>(
    numbers(total),
    {
      ahead: 1, // a model runs one call at a time
      batches: {
        sizeOf: ({ width, height }) =>
          Math.max(1, Math.min(batchSize, Math.floor(work.maxPixels / (width * height)))),
        keyOf: ({ data: _, ...size }) => JSON.stringify(size),
      },
      read: index => work.read(sources[index], nameOf(index)),
      submit: async photos => () => work.segment(photos),
      write: async (_, __, ran) => ran,
      async settle(index, outcome) {
        done++
        if ('error' in outcome) await fail(index, outcome.error)
        else found[index] = outcome.result.found
        if ('error' in outcome || outcome.result.isLast) onProgress?.({ done, total })
      },
    },
    // One batch is on the GPU. Meanwhile the next one is read.
    { items: 2 * batchSize, signal },
  )
  if (done < total) signal?.throwIfAborted()
  return found
}

async function* numbers(count: number): AsyncGenerator<number> {
  for (let index = 0; index < count; index++) yield index
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
