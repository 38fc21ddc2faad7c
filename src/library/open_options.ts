// The options of `DeepLab.load` and `DeepLab.create` that both platforms have, checked.

import * as v from 'valibot'
import { UserError } from '../errors.ts'
import { Gpu } from '../gpu/gpu.ts'
import { INFERENCE_OPTIONS } from '../inference/inference_options.ts'
import { PRECISION } from '../inference/precision.ts'
import type { Precision } from '../kernels/layout.ts'
import { CALLBACK, checkOptions, type DeclaredOptions, FLAG, oneOfTexts, SIGNAL } from '../options.ts'

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

/** @internal */
const OPEN_OPTIONS: DeclaredOptions<OpenOptions> = {
  gpu: { schema: v.custom<Gpu>(gpu => gpu instanceof Gpu), expected: 'the result of openGpu()' },
  device: {
    schema: v.custom<GPUDevice>(
      device => typeof (device as GPUDevice)?.createComputePipelineAsync === 'function',
    ),
    expected: 'a GPUDevice',
  },
  tune: oneOfTexts('background', 'off'),
  precision: PRECISION,
}

export interface SeedOptions {
  /** Seed of the random weights: a whole number. Default 0. */
  seed?: number
}

const SEED_OPTIONS: DeclaredOptions<SeedOptions> = {
  seed: { schema: v.pipe(v.number(), v.safeInteger()), expected: 'a whole number' },
}

const CREATE_OPTIONS: DeclaredOptions<CreateOptions> = {
  ...OPEN_OPTIONS,
  ...SEED_OPTIONS,
  size: INFERENCE_OPTIONS.size,
}

export interface ConventionOptions {
  /**
   * How the network enlarges its results: with aligned corners, as TensorFlow and Caffe do, or by half pixels, as PyTorch does. It
   * decides by a few pixels where edges lie. Default: what the checkpoint was trained by, as far as its files tell.
   */
  alignCorners?: boolean
}

/** The options of `load` that both platforms have. */
interface SharedLoadOptions extends OpenOptions, ConventionOptions {
  onProgress?: unknown
  onWarning?: unknown
  signal?: AbortSignal
}

/** @internal */
export const SHARED_LOAD_OPTIONS = {
  ...OPEN_OPTIONS,
  alignCorners: FLAG,
  onProgress: CALLBACK,
  onWarning: CALLBACK,
  signal: SIGNAL,
} satisfies DeclaredOptions<SharedLoadOptions>

/** @internal Throws a UserError for invalid options of `load`, and the signal's reason if the signal is aborted. `declared`: all that it has. */
export function checkLoadOptions<Options extends SharedLoadOptions>(
  options: Options,
  declared: DeclaredOptions<Options>,
): void {
  checkOptions(options, declared)
  checkOneDevice(options)
  options.signal?.throwIfAborted()
}

/** Throws a UserError for invalid options of `create`. */
export function checkCreateOptions(options: CreateOptions): void {
  checkOptions(options, CREATE_OPTIONS)
  checkOneDevice(options)
}

/** The seed. Throws a UserError for invalid options. */
export function seedOf(options: SeedOptions): number {
  checkOptions(options, SEED_OPTIONS)
  return options.seed ?? 0
}

function checkOneDevice({ gpu, device }: OpenOptions): void {
  if (gpu !== undefined && device !== undefined) throw new UserError('gpu and device: give only one of them')
}
