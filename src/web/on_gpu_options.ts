// Checks the options of `segmentOnGpu` and `stream`.

import { UserError } from '../errors.ts'
import { INFERENCE_OPTIONS } from '../inference/inference_options.ts'
import { checkChoice, checkOptionNames, checkSignal, type OptionNames, shown } from '../options.ts'
import type { StreamOptions } from './frames/stream.ts'
import type { OnGpuOptions } from './on_gpu.ts'

const ON_GPU_OPTIONS: OptionNames<OnGpuOptions> = { ...INFERENCE_OPTIONS, at: true, signal: true }

const STREAM_OPTIONS: OptionNames<StreamOptions> = { ...ON_GPU_OPTIONS, onFrame: true }

/** Throws a UserError for invalid options. Options that depend on the network are checked later. */
export function checkOnGpuOptions(options: OnGpuOptions): void {
  checkOptionNames(options, ON_GPU_OPTIONS)
  checkValues(options)
}

/** Throws a UserError for invalid options. Options that depend on the network are checked later. */
export function checkStreamOptions(options: StreamOptions): void {
  checkOptionNames(options, STREAM_OPTIONS)
  checkValues(options)
  const { onFrame } = options
  if (typeof onFrame !== 'function')
    throw new UserError(`onFrame: expected a function, got ${shown(onFrame)}`)
}

function checkValues({ at, signal }: OnGpuOptions): void {
  checkChoice('at', at, ['photo', 'network'])
  checkSignal(signal)
}
