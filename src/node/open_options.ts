// Checks the options of `DeepLab.load` and `DeepLab.create`.

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
  /** A GPU to share. Default: the model opens a GPU, which `dispose` closes. */
  gpu?: Gpu
  /**
   * Whether to measure which kernels are fastest after photos of a new size were segmented. Measuring happens between calls, for
   * 10 s in all, and delays a call by one measurement at most. The result is kept on disk for later calls. Masks do not depend on
   * it, except for rounding. Default: 'background', but 'off' on software adapters, which share the cores with your program, and
   * if $CI is set. See `DeepLab.tune`.
   */
  tune?: 'background' | 'off'
  /**
   * How activations and weights are stored for segmenting photos. fp16 takes half the memory and still computes in fp32. It needs
   * a GPU with `shader-f16`, and activations beyond 65504 become infinite. Training always uses fp32. Default: fp32.
   */
  precision?: Precision
}

export interface LoadOptions extends OpenOptions, WeightsOptions {
  /** Ends the download or the start-up: `load` throws the signal's reason. */
  signal?: AbortSignal
}

export interface CreateOptions extends OpenOptions {
  /** Seed of the random weights: a whole number. Default 0. */
  seed?: number
  /** The longest edge, in pixels, to which the network scales a photo. Default 513. */
  size?: number
}

const OPEN_OPTIONS: OptionNames<OpenOptions> = { gpu: true, tune: true, precision: true }

const LOAD_OPTIONS: OptionNames<LoadOptions> = {
  ...OPEN_OPTIONS,
  ...{ cache: true, registry: true, onProgress: true, onWarning: true, signal: true },
}

const CREATE_OPTIONS: OptionNames<CreateOptions> = { ...OPEN_OPTIONS, seed: true, size: true }

export interface SeedOptions {
  /** Seed of the random weights: a whole number. Default 0. */
  seed?: number
}

const SEED_OPTIONS: OptionNames<SeedOptions> = { seed: true }

/** Throws a UserError for invalid options of `load`, and the signal's reason if the signal is aborted. */
export function checkLoadOptions(options: LoadOptions): void {
  checkOptionNames(options, LOAD_OPTIONS)
  checkOpenOptions(options)
  checkCallback('onProgress', options.onProgress)
  checkCallback('onWarning', options.onWarning)
  checkSignal(options.signal)
}

/** Throws a UserError for invalid options of `create`. */
export function checkCreateOptions(options: CreateOptions): void {
  checkOptionNames(options, CREATE_OPTIONS)
  checkOpenOptions(options)
  if (options.size !== undefined) checkSize(options.size)
  checkSeed(options)
}

/** The seed. Throws a UserError for invalid options. */
export function seedOf(options: SeedOptions): number {
  checkOptionNames(options, SEED_OPTIONS)
  return checkSeed(options)
}

function checkOpenOptions({ gpu, tune }: OpenOptions): void {
  if (gpu !== undefined && !(gpu instanceof Gpu))
    throw new UserError(`gpu: expected the result of openGpu(), got ${shown(gpu)}`)
  checkChoice('tune', tune, ['background', 'off'])
}

function checkSeed({ seed = 0 }: SeedOptions): number {
  if (!Number.isSafeInteger(seed)) throw new UserError(`seed: expected a whole number, got ${shown(seed)}`)
  return seed
}

/** The location of weights as text; a file: URL becomes a path. Throws a UserError for anything but text and URLs. */
export function weightsText(nameOrPath: string | UrlLike): string {
  const text = typeof nameOrPath === 'string' ? nameOrPath : nameOrPath?.href
  if (typeof text !== 'string' || text === '')
    throw new UserError(`load: expected the name of a model, a path or a URL, got ${shown(nameOrPath)}`)
  return /^file:/i.test(text) ? pathOf(text) : text
}
