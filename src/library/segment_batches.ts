// Segments many photos, in their order. Consecutive photos of one size run in batches. A photo that fails does not stop the others.

import type { Image } from '../data/image.ts'
import { UserError } from '../errors.ts'
import { OutOfMemoryError } from '../gpu/errors.ts'
import { photoSize } from '../inference/photo.ts'
import { runPhotos } from './photo_runner.ts'
import type { ManyPhotosOptions, TileProgress } from './segment_options.ts'

export interface BatchWork<Source, Found> {
  /** The most pixels that the GPU can process at once. */
  maxPixels: number
  /** Reads a source as pixels; `name` is used in messages. */
  read(source: Source, name: string): Promise<Image>
  /** Segments photos of one size. `onTile` is called after each window of a photo in tiles. */
  segment(photos: Image[], onTile?: (tiles: TileProgress) => void): Promise<Found[]>
  /** Whether an error would occur again with every photo. */
  isFatal(error: unknown): boolean
}

type Options<Source> = Pick<
  ManyPhotosOptions<Source>,
  'batchSize' | 'tile' | 'signal' | 'onProgress' | 'onError'
>

/** A photo by its number, from 0. */
interface Numbered<Source> {
  index: number
  source: Source
}

/** The result for a photo, and whether it is the last photo of its batch. */
interface Segmented<Found> {
  found: Found
  isLast: boolean
}

/**
 * The results in the order of the sources; undefined for photos passed to `onError`. Without `onError`, throws the UserError of
 * the first photo that fails, with its index.
 */
export async function segmentBatches<Source, Found>(
  sources: readonly Source[],
  options: Options<Source>,
  work: BatchWork<Source, Found>,
): Promise<(Found | undefined)[]> {
  const { signal, onProgress } = options
  const found = new Array<Found | undefined>(sources.length).fill(undefined)
  const total = sources.length
  let done = 0
  const onTile = (tiles: TileProgress) => onProgress?.({ done, total, tiles })
  const counted = { ...work, segment: (photos: Image[]) => work.segment(photos, onTile) }
  await runBatches(numbered(sources), options, counted, async ({ index }, segmented) => {
    done++
    found[index] = segmented?.found
    if (!segmented || segmented.isLast) onProgress?.({ done, total })
  })
  if (done < total) signal?.throwIfAborted()
  return found
}

/** A result of `segmentAll`. */
export interface YieldedResult<Source, Found> {
  /** The photo's place among all, from 0. */
  index: number
  source: Source
  result: Found
}

/**
 * Yields the results in the order of the sources, without those of photos that are passed to `onError`. While the caller has one, few more
 * photos are read and segmented. Where the loop is left, nothing is under way after it. An aborted signal ends it at once.
 */
export async function* segmentAll<Source, From extends Source, Found>(
  sources: Iterable<From> | AsyncIterable<From>,
  options: Omit<Options<Source>, 'onProgress'>,
  work: BatchWork<Source, Found>,
): AsyncGenerator<YieldedResult<From, Found>, void, undefined> {
  type Item = YieldedResult<From, Found>
  const left = new AbortController()
  const signal = AbortSignal.any([left.signal, ...(options.signal ? [options.signal] : [])])
  // A result is handed over when the caller asks for it: no later one is settled before.
  const { readable, writable } = new TransformStream<Item, Item>({}, {}, { highWaterMark: 0 })
  const [writer, reader] = [writable.getWriter(), readable.getReader()]
  signal.addEventListener('abort', () => void reader.cancel().catch(() => undefined), { once: true })
  const running = runBatches(numbered(sources), { ...options, signal }, work, async (photo, segmented) => {
    if (segmented) await writer.write({ ...photo, result: segmented.found })
  })
  const ended = running.then(() => writer.close()).catch(error => writer.abort(error).catch(() => undefined))
  try {
    for (;;) {
      const next = await reader.read()
      if (next.done) break
      yield next.value
    }
    options.signal?.throwIfAborted()
  } finally {
    left.abort()
    if (!options.signal?.aborted) await ended
  }
}

/** `settle` gets each photo in its order, without a result if `onError` has taken it. */
async function runBatches<Source, From extends Source, Found>(
  photos: AsyncIterable<Numbered<From>>,
  { tile, batchSize = tile === undefined ? 4 : 1, signal, onError }: Options<Source>,
  work: BatchWork<Source, Found>,
  settle: (photo: Numbered<From>, segmented: Segmented<Found> | undefined) => Promise<void>,
): Promise<void> {
  const fail = async ({ index, source }: Numbered<Source>, error: unknown) => {
    if (!(error instanceof UserError) || work.isFatal(error)) throw error
    if (!onError) throw withIndex(error, index)
    await onError(withIndex(error, index), index, source)
  }
  await runPhotos<Numbered<From>, Image, Found, Segmented<Found>>(
    photos,
    {
      ahead: 1, // a model runs one call at a time
      batches: {
        sizeOf: ({ width, height }) =>
          Math.max(1, Math.min(batchSize, Math.floor(work.maxPixels / (width * height)))),
        keyOf: photo => JSON.stringify(photoSize(photo)),
      },
      read: ({ index, source }) => work.read(source, nameOf(index)),
      submit: async photos => () => work.segment(photos),
      write: async (_, __, ran) => ran,
      async settle(photo, outcome) {
        signal?.throwIfAborted() // the call has rejected: nobody is told of later photos
        if ('error' in outcome) await fail(photo, outcome.error)
        await settle(photo, 'result' in outcome ? outcome.result : undefined)
      },
    },
    // One batch is on the GPU. Meanwhile the next one is read.
    { items: 2 * batchSize, signal },
  )
}

async function* numbered<Source>(
  sources: Iterable<Source> | AsyncIterable<Source>,
): AsyncGenerator<Numbered<Source>> {
  let index = 0
  for await (const source of sources) yield { index: index++, source }
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
