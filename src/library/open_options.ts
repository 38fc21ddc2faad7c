// Checks the options of `DeepLab.load` and `DeepLab.create` that both platforms have.

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

export interface OpenOptions {
  /** A GPU to share. Default: the model opens a GPU, which `dispose` closes. */
  gpu?: Gpu
  /**
   * A WebGPU device to share, which `dispose` does not destroy. In Node it is a device of npm's `webgpu`, whose entry point you
   * keep. The model runs within the limits and features that the device has.
   */
  device?: GPUDevice
  /**
   * Whether to measure which kernels are fastest after photos of a new size were segmented. Measuring happens between calls, for
   * 10 s in all, and delays a call by one measurement at most. The result is kept for later programs: on disk in Node, in
   * IndexedDB in browsers. Masks do not depend on it, except for rounding. Default: 'background', but 'off' on software adapters,
   * which share the cores with your program, and in Node if $CI is set. See `DeepLab.tune`.
   */
  tune?: 'background' | 'off'
  /**
   * How activations and weights are stored for segmenting photos. fp16 takes half the memory and still computes in fp32. It needs
   * a GPU with `shader-f16`, and activations beyond 65504 become infinite. Training always uses fp32. Default: fp32.
   */
  precision?: Precision
}

export interface CreateOptions extends OpenOptions {
  /** Seed of the random weights: a whole number. Default 0. */
  seed?: number
  /** The longest edge, in pixels, to which the network scales a photo. Default 513. */
  size?: number
}

export const OPEN_OPTIONS: OptionNames<OpenOptions> = {
  gpu: true,
  device: true,
  tune: true,
  precision: true,
}

const CREATE_OPTIONS: OptionNames<CreateOptions> = { ...OPEN_OPTIONS, seed: true, size: true }

export interface SeedOptions {
  /** Seed of the random weights: a whole number. Default 0. */
  seed?: number
}

const SEED_OPTIONS: OptionNames<SeedOptions> = { seed: true }

export interface ConventionOptions {
  /**
   * How the network enlarges its results: with aligned corners, as TensorFlow and Caffe do, or by half pixels, as PyTorch does. It
   * decides by a pixel or two where edges lie. Default: what the checkpoint's library does.
   */
  alignCorners?: boolean
}

/** The options of `load` that both platforms have. */
export interface SharedLoadOptions extends OpenOptions, ConventionOptions {
  onProgress?: unknown
  onWarning?: unknown
  signal?: AbortSignal
}

/** Throws a UserError for invalid options of `load`, and the signal's reason if the signal is aborted. `names`: all that it has. */
export function checkLoadOptions(options: SharedLoadOptions, names: Readonly<Record<string, true>>): void {
  checkOptionNames(options, names)
  checkOpenOptions(options)
  checkChoice('alignCorners', options.alignCorners, [true, false])
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

function checkOpenOptions({ gpu, device, tune }: OpenOptions): void {
  if (gpu !== undefined && !(gpu instanceof Gpu))
    throw new UserError(`gpu: expected the result of openGpu(), got ${shown(gpu)}`)
  if (device !== undefined && typeof device?.createComputePipelineAsync !== 'function')
    throw new UserError(`device: expected a GPUDevice, got ${shown(device)}`)
  if (gpu !== undefined && device !== undefined) throw new UserError('gpu and device: give only one of them')
  checkChoice('tune', tune, ['background', 'off'])
}

function checkSeed({ seed = 0 }: SeedOptions): number {
  if (!Number.isSafeInteger(seed)) throw new UserError(`seed: expected a whole number, got ${shown(seed)}`)
  return seed
}
