// Checks the options of `segmentOnGpu` and `stream`.

import { INFERENCE_OPTIONS, OUTPUT_OPTIONS } from '../inference/inference_options.ts'
import { CALLBACK, checkOption, checkOptions, type DeclaredOptions, namesOf, SIGNAL } from '../options.ts'
import type { StreamOptions } from './frames/stream.ts'
import type { OnGpuOptions } from './on_gpu.ts'

// The segmenter checks the values that the network takes.
const ON_GPU_OPTIONS: DeclaredOptions<OnGpuOptions> = {
  ...namesOf(INFERENCE_OPTIONS),
  at: OUTPUT_OPTIONS.at,
  signal: SIGNAL,
}

const STREAM_OPTIONS: DeclaredOptions<StreamOptions> = { ...ON_GPU_OPTIONS, onFrame: CALLBACK }

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
