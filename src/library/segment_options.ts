// Checks the options of `segment`, `warmUp`, `explain` and `tune`.

import { UserError } from '../errors.ts'
import type { TuneOptions } from '../graph/tune/tune.ts'
import type { OutputOptions, SegmentOutput } from '../inference/class_map.ts'
import { MAX_PLANS } from '../inference/executor_cache.ts'
import {
  INFERENCE_OPTIONS,
  type InferenceOptions,
  REFINED_OPTIONS,
  type RefinedOptions,
} from '../inference/inference_options.ts'
import {
  checkCallback,
  checkChoice,
  checkOptionNames,
  checkSignal,
  type OptionNames,
  shown,
} from '../options.ts'
import type { Size } from './photo_size.ts'

export interface SegmentOptions<Output extends SegmentOutput = SegmentOutput>
  extends RefinedOptions,
    OutputOptions<Output> {
  /** For an array of photos: the most photos of one size to run in one batch; fewer if the GPU cannot bind so many. Default 4. */
  batchSize?: number
  /**
   * Ends the work, also while a photo is read or between two submits of a long computation: the call throws the signal's reason.
   * The model remains usable.
   */
  signal?: AbortSignal
  /** Called after each batch with the number of finished photos and the total. */
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

export interface SegmentProgress {
  /** Photos that are segmented or passed to `onError`. */
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

const SEGMENT_OPTIONS: OptionNames<ManyPhotosOptions<unknown>> = {
  ...REFINED_OPTIONS,
  ...{ output: true, at: true, batchSize: true, signal: true, onProgress: true, onError: true },
}

const TUNE_OPTIONS: OptionNames<TunePhotoOptions> = {
  ...INFERENCE_OPTIONS,
  ...{ batchSize: true, seconds: true, signal: true, onProgress: true, onlyNew: true },
}

const WARM_UP_OPTIONS: OptionNames<WarmUpOptions> = {
  ...INFERENCE_OPTIONS,
  ...{ output: true, at: true, batchSize: true, onProgress: true, signal: true },
}

/** Throws a UserError for invalid options of `segment`. Options that depend on the network are checked later. */
export function checkSegmentOptions(options: ManyPhotosOptions<never>, isArray: boolean): void {
  checkOptionNames(options, SEGMENT_OPTIONS)
  const { output, at, batchSize, signal, onProgress, onError } = options
  checkOutput({ output, at })
  checkBatchSize(batchSize)
  checkCallback('onProgress', onProgress)
  checkCallback('onError', onError)
  if (onError && !isArray)
    throw new UserError('onError: only for an array of photos; of one photo, catch the error')
  checkSignal(signal)
}

/** Throws a UserError for invalid options of `explain`. Options that depend on the network are checked later. */
export function checkExplainOptions(options: InferenceOptions): void {
  checkOptionNames(options, INFERENCE_OPTIONS)
}

/** Throws a UserError for invalid options of `tune`. Options that depend on the network are checked later. */
export function checkTuneOptions(options: TunePhotoOptions): void {
  checkOptionNames(options, TUNE_OPTIONS)
  const { batchSize, seconds, signal, onProgress, onlyNew } = options
  checkBatchSize(batchSize)
  if (seconds !== undefined && !(typeof seconds === 'number' && seconds > 0))
    throw new UserError(`seconds: expected a number above 0, got ${shown(seconds)}`)
  checkChoice('onlyNew', onlyNew, [true, false])
  checkCallback('onProgress', onProgress)
  checkSignal(signal)
}

/** The sizes of photos. Throws a UserError for invalid sizes and options of `warmUp`. */
export function checkWarmUp(sizes: Size | readonly Size[], options: WarmUpOptions): readonly Size[] {
  checkOptionNames(options, WARM_UP_OPTIONS)
  const { output, at, batchSize, onProgress, signal } = options
  checkOutput({ output, at })
  checkBatchSize(batchSize)
  checkCallback('onProgress', onProgress)
  checkSignal(signal)
  const list: readonly Size[] = Array.isArray(sizes) ? sizes : [sizes]
  const isPixels = (side: unknown) => Number.isInteger(side) && (side as number) >= 1
  for (const size of list)
    if (!isPixels(size?.width) || !isPixels(size?.height))
      throw new UserError(`warmUp: expected { width, height } in whole pixels, got ${shown(size)}`)
  if (list.length === 0 || list.length > MAX_PLANS)
    throw new UserError(`warmUp: expected up to ${MAX_PLANS} sizes, got ${list.length}`)
  return list
}

function checkOutput({ output, at }: OutputOptions): void {
  checkChoice('output', output, ['mask', 'probabilities', 'logits'])
  checkChoice('at', at, ['photo', 'network'])
}

const MAX_BATCH = 4096

function checkBatchSize(batchSize: number | undefined): void {
  if (batchSize !== undefined && (!Number.isInteger(batchSize) || batchSize < 1 || batchSize > MAX_BATCH))
    throw new UserError(
      `batchSize: expected a whole number above 0, at most ${MAX_BATCH}, got ${shown(batchSize)}`,
    )
}
