// The options of `segmentOnGpu` and `stream`, and their checks.

import { FRAME_OPTIONS, type FrameOptions } from '../inference/frame_options.ts'
import {
  OUTPUT_OPTIONS,
  type OutputOptions,
  REFINED_BY_NAME,
  type RefinedOptions,
} from '../inference/inference_options.ts'
import type { GpuClassMap, GpuPhoto } from '../inference/segmenter.ts'
import type { TileProgress } from '../library/segment_options.ts'
import { CALLBACK, checkOption, checkOptions, type DeclaredOptions, SIGNAL } from '../options.ts'

/** With `tile` or `crf`, photo and class map pass through the CPU's memory, and the result is complete when the promise resolves. */
export interface OnGpuOptions extends RefinedOptions, Pick<OutputOptions, 'at'> {
  /** Ends the work: the call throws the signal's reason. */
  signal?: AbortSignal
  /** With `tile`: called after each window. */
  onTile?: (tiles: TileProgress) => void
  /** With `crf` and a signal: called after each iteration but the last. */
  onIteration?: (iterations: { done: number; total: number }) => void
}

export interface StreamOptions extends FrameOptions {
  /** Called for each segmented frame. The next one waits for its promise. */
  onFrame(frame: StreamFrame): unknown
}

/** A segmented frame. Its buffers hold it until `onFrame` is done: the next frame replaces it. */
export interface StreamFrame {
  photo: GpuPhoto
  map: GpuClassMap
  /** From the frame to its mask, as the page's clock measures it. */
  milliseconds: number
  /** Frames of the video that were not segmented since the last one, if the browser counts frames. */
  dropped: number | undefined
}

// The segmenter checks the values that the network takes.
const ON_GPU_OPTIONS: DeclaredOptions<OnGpuOptions> = {
  ...REFINED_BY_NAME,
  at: OUTPUT_OPTIONS.at,
  signal: SIGNAL,
  onTile: CALLBACK,
  onIteration: CALLBACK,
}

const STREAM_OPTIONS: DeclaredOptions<StreamOptions> = {
  ...FRAME_OPTIONS,
  onFrame: CALLBACK,
}

/** Throws a UserError for invalid options, and the signal's reason if the signal is aborted. */
export function checkOnGpuOptions(options: OnGpuOptions): void {
  checkOptions(options, ON_GPU_OPTIONS)
  options.signal?.throwIfAborted()
}

/** Throws a UserError for invalid options, and the signal's reason if the signal is aborted. */
export function checkStreamOptions(options: StreamOptions): void {
  checkOptions(options, STREAM_OPTIONS)
  checkOption('onFrame', options.onFrame, CALLBACK)
  options.signal?.throwIfAborted()
}
