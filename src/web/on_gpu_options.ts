// Checks the options of `segmentOnGpu` and `stream`.

import { INFERENCE_OPTIONS } from '../inference/inference_options.ts'
import { checkChoice, checkSignal, type OptionNames } from '../options.ts'
import type { StreamOptions } from './frames/stream.ts'
import type { OnGpuOptions } from './on_gpu.ts'

export const ON_GPU_OPTIONS: OptionNames<OnGpuOptions> = { ...INFERENCE_OPTIONS, at: true, signal: true }

export const STREAM_OPTIONS: OptionNames<StreamOptions> = { ...ON_GPU_OPTIONS, onFrame: true }

/** Throws a UserError for invalid options. Options that depend on the network are checked later. */
export function checkOnGpuOptions({ at, signal }: OnGpuOptions): void {
  checkChoice('at', at, ['photo', 'network'])
  checkSignal(signal)
}
