// The options of `segment`, `explain` and `tune`, checked.

import { UserError } from '../errors.ts'
import type { TuneOptions } from '../graph/tune/tune.ts'
import type { OutputOptions, SegmentOutput } from '../inference/class_map.ts'
import { INFERENCE_OPTIONS, type InferenceOptions } from '../inference/inference_options.ts'
import {
  checkCallback,
  checkChoice,
  checkOptionNames,
  checkSignal,
  type OptionNames,
  shown,
} from '../options.ts'
import type { ImageSource } from './images/image_source.ts'

export interface SegmentOptions<Output extends SegmentOutput = SegmentOutput>
  extends InferenceOptions,
    OutputOptions<Output> {
  /** Most photos of one size to run at once, of an array of them; fewer where the GPU cannot bind so many. Default 4. */
  batchSize?: number
  /**
   * Ends the work between two batches, or while a photo is read: the call throws the signal's reason, and the model still works.
   */
  signal?: AbortSignal
  /** Called after each batch with the number of photos that are done, of how many. */
  onProgress?: (progress: SegmentProgress) => void
}

export interface SegmentManyOptions<Output extends SegmentOutput = SegmentOutput>
  extends SegmentOptions<Output> {
  /**
   * Called with each photo that cannot be read or segmented; the next waits for what it returns. The others are segmented all the
   * same, and the result is undefined at `index`. Without it the first such error ends the call.
   */
  onError?: (error: Error, index: number, source: ImageSource) => void | Promise<void>
}

export interface SegmentProgress {
  /** Photos that are segmented, or given to `onError`. */
  done: number
  total: number
}

export interface TunePhotoOptions extends InferenceOptions, TuneOptions {
  /** Photos of this size in a call. Default 1. */
  batchSize?: number
}

const SEGMENT_OPTIONS: OptionNames<SegmentManyOptions> = {
  ...INFERENCE_OPTIONS,
  ...{ output: true, at: true, batchSize: true, signal: true, onProgress: true, onError: true },
}

const TUNE_OPTIONS: OptionNames<TunePhotoOptions> = {
  ...INFERENCE_OPTIONS,
  ...{ batchSize: true, seconds: true, signal: true, onProgress: true, onlyNew: true },
}

/** Throws a UserError where the options of `segment` make no sense, but for those that hang on the network. */
export function checkSegmentOptions(options: SegmentManyOptions, isArray: boolean): void {
  checkOptionNames(options, SEGMENT_OPTIONS)
  const { output, at, batchSize, signal, onProgress, onError } = options
  checkChoice('output', output, ['mask', 'probabilities', 'logits'])
  checkChoice('at', at, ['photo', 'network'])
  checkBatchSize(batchSize)
  checkCallback('onProgress', onProgress)
  checkCallback('onError', onError)
  if (onError && !isArray)
    throw new UserError('onError: only for an array of photos; of one photo, catch the error')
  checkSignal(signal)
}

/** Throws a UserError where the options of `explain` make no sense, but for those that hang on the network. */
export function checkExplainOptions(options: InferenceOptions): void {
  checkOptionNames(options, INFERENCE_OPTIONS)
}

/** Throws a UserError where the options of `tune` make no sense, but for those that hang on the network. */
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

const MAX_BATCH = 4096

function checkBatchSize(batchSize: number | undefined): void {
  if (batchSize !== undefined && (!Number.isInteger(batchSize) || batchSize < 1 || batchSize > MAX_BATCH))
    throw new UserError(
      `batchSize: expected a whole number above 0, at most ${MAX_BATCH}, got ${shown(batchSize)}`,
    )
}
