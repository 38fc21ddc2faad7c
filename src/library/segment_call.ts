// A call of `segment` or `segmentAll`, from its options to its results.

import { orAborted } from '../concurrency.ts'
import type { Image } from '../data/image.ts'
import {
  INFERENCE_OPTIONS,
  type InferenceOptions,
  type RefinedOptions,
} from '../inference/inference_options.ts'
import { ownSize, photoSize } from '../inference/photo.ts'
import type { PhotoSize } from '../inference/segmenter.ts'
import type { BatchWork, YieldedResult } from './segment_batches.ts'
import {
  checkEachPhoto,
  checkSegmentOptions,
  type EachPhotoOptions,
  type ManyPhotosOptions,
  type SegmentOptions,
  type TileProgress,
} from './segment_options.ts'

/** The options that the network takes, checked by it, with the signal. Throws a UserError for the first wrong one. */
export async function optionsOfCall(
  options: ManyPhotosOptions<never>,
  check: (options: RefinedOptions) => void,
): Promise<SegmentOptions> {
  const { batchSize: _, onProgress: __, onError: ___, signal, ...rest } = options
  check(rest)
  if (rest.crf !== undefined) (await import('../crf/crf_parameters.ts')).crfParameters(rest.crf)
  return { ...rest, signal }
}

/** Makes what segments photos by the options of a call. */
type Start<Source, Result> = () => Promise<BatchWork<Source, Result>>

/**
 * A result for a photo, or one for each photo of an array. A call that is aborted rejects at once. What the GPU has of it by then still
 * runs, and later calls wait for that.
 */
export async function segmentCall<Source, Result>(
  input: Source | readonly Source[],
  options: ManyPhotosOptions<Source>,
  start: Start<Source, Result>,
): Promise<Result | (Result | undefined)[]> {
  checkSegmentOptions(options, Array.isArray(input))
  const { signal } = options
  const found = Array.isArray(input)
    ? segmentArray<Source, Result>([...input], options, start)
    : segmentOne(input as Source, options, start)
  return signal ? orAborted<Result | (Result | undefined)[]>(found, signal) : found
}

async function segmentArray<Source, Result>(
  photos: readonly Source[],
  options: ManyPhotosOptions<Source>,
  start: Start<Source, Result>,
): Promise<(Result | undefined)[]> {
  const work = await start()
  const { segmentBatches } = await import('./segment_batches.ts') // a page need not load it before it segments an array
  return segmentBatches(photos, options, work)
}

async function segmentOne<Source, Result>(
  photo: Source,
  { signal, onProgress }: ManyPhotosOptions<Source>,
  start: Start<Source, Result>,
): Promise<Result> {
  const work = await start()
  const onTile = (tiles: TileProgress) => onProgress?.({ done: 0, total: 1, tiles })
  const [found] = await work.segment([await work.read(photo, 'photo')], onTile)
  signal?.throwIfAborted()
  onProgress?.({ done: 1, total: 1 })
  return found
}

/** The results for an iterable's photos, one by one. */
export async function* eachCall<Source, From extends Source, Result>(
  photos: Iterable<From> | AsyncIterable<From>,
  options: EachPhotoOptions<Source>,
  start: Start<Source, Result>,
): AsyncGenerator<YieldedResult<From, Result>, void, undefined> {
  checkSegmentOptions(options, true)
  checkEachPhoto(photos, options)
  const work = await start()
  yield* (await import('./segment_batches.ts')).segmentAll(photos, options, work)
}

/** The photos as the network had them, and its options: of a photo in tiles, a window. */
export function networkCall(
  photos: readonly Image[],
  options: SegmentOptions,
): { sizes: PhotoSize[]; options: InferenceOptions } {
  const { tile } = options
  const names = Object.keys(INFERENCE_OPTIONS) as (keyof InferenceOptions)[]
  const inference: InferenceOptions = Object.fromEntries(names.map(name => [name, options[name]]))
  if (tile === undefined) return { sizes: photos.map(photoSize), options: inference }
  return { sizes: [ownSize({ width: tile, height: tile })], options: { ...inference, size: tile } }
}
