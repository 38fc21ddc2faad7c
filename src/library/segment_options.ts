// Checks the options of `segment`, `warmUp`, `explain` and `tune`.

import * as v from 'valibot'
import { UserError } from '../errors.ts'
import type { TuneOptions } from '../graph/tune/tune.ts'
import { MAX_PLANS } from '../inference/executor_cache.ts'
import {
  INFERENCE_OPTIONS,
  type InferenceOptions,
  OUTPUT_OPTIONS,
  type OutputOptions,
  REFINED_BY_NAME,
  type RefinedOptions,
  type SegmentOutput,
} from '../inference/inference_options.ts'
import { CALLBACK, checkOptions, type DeclaredOptions, FLAG, namesOf, SIGNAL, shown } from '../options.ts'
import type { Size } from './pixels.ts'

export interface SegmentOptions<Output extends SegmentOutput = SegmentOutput>
  extends RefinedOptions,
    OutputOptions<Output> {
  /** For an array of photos: the most photos of one size to run in one batch; fewer if the GPU cannot bind so many. Default 4. */
  batchSize?: number
  /**
   * Ends the call at once, wherever it is: it throws the signal's reason. The GPU still does what it was given, a tenth of a second
   * of it at most unless it is very slow; the model's next call waits for that.
   */
  signal?: AbortSignal
  /** Called after each batch with the number of finished photos and the total; with `tile`, also after each window. */
  onProgress?: (progress: SegmentProgress) => void
}

/** The options for an array of photos, each of type `Source`. */
export interface ManyPhotosOptions<Source, Output extends SegmentOutput = SegmentOutput>
  extends SegmentOptions<Output> {
  /**
   * Called for each photo that cannot be read or segmented; the next result waits for the returned promise. The other photos are
   * still segmented, and the result at `index` is undefined. Without `onError`, the first such error ends the call.
   */
  onError?: (error: Error, index: number, source: Source) => void | Promise<void>
}

/** The options of `segmentAll`. */
export type EachPhotoOptions<Source, Output extends SegmentOutput = SegmentOutput> = Omit<
  ManyPhotosOptions<Source, Output>,
  'onProgress'
>

export interface SegmentProgress {
  /** Photos that are segmented or passed to `onError`. */
  done: number
  total: number
  /** With `tile`: the windows of the present photo. */
  tiles?: TileProgress
}

/** The windows of a photo. With several scales or `flip`, each view of a window counts. */
export interface TileProgress {
  done: number
  total: number
}

export interface TunePhotoOptions extends InferenceOptions, TuneOptions {
  /** How many photos of this size run in one call. Default 1. */
  batchSize?: number
}

export interface WarmUpOptions extends InferenceOptions, OutputOptions {
  /** How many photos of a size run in one batch. Default 1. */
  batchSize?: number
  /** Called with the number of kernels that are compiled, and of all. */
  onProgress?: (progress: { done: number; total: number }) => void
  /** Ends the work: the call throws the signal's reason. What is compiled stays. */
  signal?: AbortSignal
}

const MAX_BATCH = 4096

const BATCH_SIZE = {
  schema: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_BATCH)),
  expected: `a whole number above 0, at most ${MAX_BATCH}`,
}

const CALL_OPTIONS = { batchSize: BATCH_SIZE, onProgress: CALLBACK, signal: SIGNAL }

// The segmenter checks the values that the network and the CRF take: some depend on the network.
const SEGMENT_OPTIONS: DeclaredOptions<ManyPhotosOptions<unknown>> = {
  ...REFINED_BY_NAME,
  ...OUTPUT_OPTIONS,
  ...CALL_OPTIONS,
  onError: CALLBACK,
}

const TUNE_OPTIONS: DeclaredOptions<TunePhotoOptions> = {
  ...namesOf(INFERENCE_OPTIONS),
  ...CALL_OPTIONS,
  seconds: { schema: v.pipe(v.number(), v.gtValue(0)), expected: 'a number above 0' },
  onlyNew: FLAG,
}

const WARM_UP_OPTIONS: DeclaredOptions<WarmUpOptions> = {
  ...namesOf(INFERENCE_OPTIONS),
  ...OUTPUT_OPTIONS,
  ...CALL_OPTIONS,
}

/** Throws a UserError for invalid options of `segment`. */
export function checkSegmentOptions(options: ManyPhotosOptions<never>, isArray: boolean): void {
  checkOptions(options, SEGMENT_OPTIONS)
  if (options.onError && !isArray)
    throw new UserError('onError: only for an array of photos; of one photo, catch the error')
  options.signal?.throwIfAborted()
}

/** Throws a UserError for what `segmentAll` cannot iterate over, and for an option of `segment` that it lacks. */
export function checkEachPhoto(photos: unknown, options: EachPhotoOptions<never>): void {
  if ('onProgress' in options)
    throw new UserError('onProgress: segmentAll does not know the total; count the results that it yields')
  const isIterable = (of: object) => Symbol.iterator in of || Symbol.asyncIterator in of
  if (typeof photos !== 'object' || photos === null || !isIterable(photos) || ArrayBuffer.isView(photos))
    throw new UserError(`photos: expected an array or another iterable of photos, got ${shown(photos)}`)
}

/** Throws a UserError for unknown options of `explain`. */
export function checkExplainOptions(options: InferenceOptions): void {
  checkOptions(options, namesOf(INFERENCE_OPTIONS))
}

/** Throws a UserError for invalid options of `tune`. */
export function checkTuneOptions(options: TunePhotoOptions): void {
  checkOptions(options, TUNE_OPTIONS)
  options.signal?.throwIfAborted()
}

/** The sizes of photos. Throws a UserError for invalid sizes and options of `warmUp`. */
export function checkWarmUp(sizes: Size | readonly Size[], options: WarmUpOptions): readonly Size[] {
  checkOptions(options, WARM_UP_OPTIONS)
  options.signal?.throwIfAborted()
  const list: readonly Size[] = Array.isArray(sizes) ? sizes : [sizes]
  const isPixels = (side: unknown) => Number.isInteger(side) && (side as number) >= 1
  for (const size of list)
    if (!isPixels(size?.width) || !isPixels(size?.height))
      throw new UserError(`warmUp: expected { width, height } in whole pixels, got ${shown(size)}`)
  if (list.length === 0 || list.length > MAX_PLANS)
    throw new UserError(`warmUp: expected up to ${MAX_PLANS} sizes, got ${list.length}`)
  return list
}
