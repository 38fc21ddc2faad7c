// The options of `DeepLab.load` and `DeepLab.create`, checked.

import { UserError } from '../errors.ts'
import { Gpu } from '../gpu/gpu.ts'
import { checkSize } from '../inference/inference_options.ts'
import type { Precision } from '../kernels/layout.ts'
import {
  checkCallback,
  checkChoice,
  checkOptionNames,
  checkSignal,
  type OptionNames,
  shown,
} from '../options.ts'
import { pathOf, type UrlLike } from './images/image_source.ts'
import type { WeightsOptions } from './weights.ts'

export interface OpenOptions {
  /** A GPU to share. Default: one of the model's own, which `dispose` closes. */
  gpu?: Gpu
  /**
   * Whether to measure which kernels are fastest, once photos of a new size were segmented: between calls, which it delays by
   * a measurement at most, for 10 s in all. What is found is kept on disk, and used by later calls; masks do not depend on it but
   * for rounding. Default: 'background', but 'off' on software adapters, whose work would take the cores from yours, and where
   * $CI is set. See `DeepLab.tune`.
   */
  tune?: 'background' | 'off'
  /**
   * How activations and weights are stored to segment photos. fp16 takes half the memory and computes in fp32 all the same; it needs a
   * GPU with `shader-f16`, and activations beyond 65504 become infinite there. Training is in fp32 whatever it is. Default: fp32.
   */
  precision?: Precision
}

export interface LoadOptions extends OpenOptions, WeightsOptions {
  /** Ends the download or the start: `load` throws the signal's reason. */
  signal?: AbortSignal
}

export interface CreateOptions extends OpenOptions {
  /** Of the random weights: a whole number. Default 0. */
  seed?: number
  /** Length in pixels of a photo's longest edge as the network sees it. Default 513. */
  size?: number
}

const OPEN_OPTIONS: OptionNames<OpenOptions> = { gpu: true, tune: true, precision: true }

const LOAD_OPTIONS: OptionNames<LoadOptions> = {
  ...OPEN_OPTIONS,
  ...{ cache: true, registry: true, onProgress: true, onWarning: true, signal: true },
}

const CREATE_OPTIONS: OptionNames<CreateOptions> = { ...OPEN_OPTIONS, seed: true, size: true }

export interface SeedOptions {
  /** Of random weights: a whole number. Default 0. */
  seed?: number
}

const SEED_OPTIONS: OptionNames<SeedOptions> = { seed: true }

/** Throws a UserError for options of `load` that make no sense, and the signal's reason where that is aborted. */
export function checkLoadOptions(options: LoadOptions): void {
  checkOptionNames(options, LOAD_OPTIONS)
  checkOpenOptions(options)
  checkCallback('onProgress', options.onProgress)
  checkCallback('onWarning', options.onWarning)
  checkSignal(options.signal)
}

/** Throws a UserError for options of `create` that make no sense. */
export function checkCreateOptions(options: CreateOptions): void {
  checkOptionNames(options, CREATE_OPTIONS)
  checkOpenOptions(options)
  if (options.size !== undefined) checkSize(options.size)
  checkSeed(options)
}

/** The seed. Throws a UserError for options that make no sense. */
export function seedOf(options: SeedOptions): number {
  checkOptionNames(options, SEED_OPTIONS)
  return checkSeed(options)
}

function checkOpenOptions({ gpu, tune }: OpenOptions): void {
  if (gpu !== undefined && !(gpu instanceof Gpu))
    throw new UserError(`gpu: expected what openGpu() gives, got ${shown(gpu)}`)
  checkChoice('tune', tune, ['background', 'off'])
}

function checkSeed({ seed = 0 }: SeedOptions): number {
  if (!Number.isSafeInteger(seed)) throw new UserError(`seed: expected a whole number, got ${shown(seed)}`)
  return seed
}

/** Where to find weights, as text: a file: URL as a path. Throws a UserError where it is neither text nor a URL. */
export function weightsText(nameOrPath: string | UrlLike): string {
  const text = typeof nameOrPath === 'string' ? nameOrPath : nameOrPath?.href
  if (typeof text !== 'string' || text === '')
    throw new UserError(`load: expected the name of a model, a path or a URL, got ${shown(nameOrPath)}`)
  return /^file:/i.test(text) ? pathOf(text) : text
}
