// How a platform opens a GPU, reads photos and makes results for a model.

import type { Image } from '../data/image.ts'
import { UserError } from '../errors.ts'
import type { Gpu } from '../gpu/gpu.ts'
import type { ClassMap } from '../inference/class_map.ts'
import type { SegmentOutput } from '../inference/inference_options.ts'
import type { Precision } from '../kernels/layout.ts'
import { loadNetwork } from '../model/backbones/index.ts'
import { type DeepLabOptions, deepLabConfig } from '../model/config.ts'
import { shown } from '../options.ts'
import { type Model, untrainedModel } from './model_files.ts'
import { type CreateOptions, checkCreateOptions, type OpenOptions } from './open_options.ts'
import type { ResultNames } from './segmentation_base.ts'
import type { Tuning } from './tuning.ts'

/** The work of a platform for a model. */
export interface Platform<Source, Result> {
  /** Opens the default GPU, or takes a device of the caller's, which it leaves alive at the end. */
  openGpu(device: GPUDevice | undefined): Promise<Gpu>
  openTuning(gpu: Gpu): Promise<Tuning>
  /** The default of the option `tune`. */
  defaultTuning(gpu: Gpu): 'background' | 'off'
  /** Reads a photo to pixels, shrunk to `maxPixels`, or an image of `channels` of its own; `name` is used in messages. */
  read(
    source: Source,
    options: { maxPixels: number; name: string; channels?: number; signal?: AbortSignal },
  ): Promise<Image>
  result(image: Image, found: ClassMap, names: ResultNames<SegmentOutput>): Result
}

/** The parts of a model. */
export interface OpenedModel {
  model: Model
  gpu: Gpu
  ownsGpu: boolean
  /** Whether the model opens another device when this one is lost: neither the GPU nor the device is the caller's. */
  recovers: boolean
  precision?: Precision
  tuning: Tuning
  tune: 'background' | 'off'
}

type Opener = Pick<Platform<never, unknown>, 'openGpu' | 'openTuning' | 'defaultTuning'>

/** Opens the GPU for a model, or takes the caller's. */
export async function openModel(
  model: Model,
  { gpu: given, device, precision, tune }: OpenOptions,
  platform: Opener,
): Promise<OpenedModel> {
  const opened = given
    ? { gpu: given, tuning: await platform.openTuning(given) }
    : await openTuned(platform, device)
  const owned = { ownsGpu: !given, recovers: !given && !device }
  return { model, ...opened, ...owned, precision, tune: tune ?? platform.defaultTuning(opened.gpu) }
}

/** Opens a GPU, and what tuning measured on it. If the latter fails, the GPU is closed. */
export async function openTuned(
  platform: Opener,
  device?: GPUDevice,
): Promise<Pick<OpenedModel, 'gpu' | 'tuning'>> {
  const gpu = await platform.openGpu(device)
  try {
    return { gpu, tuning: await platform.openTuning(gpu) }
  } catch (error) {
    gpu.destroy()
    throw error
  }
}

/** The untrained model that `create` opens. Throws a UserError for an invalid network or option. */
export async function createdModel(network: DeepLabOptions, options: CreateOptions): Promise<Model> {
  checkCreateOptions(options)
  if (typeof network !== 'object' || network === null)
    throw new UserError(`network: expected an object such as { backbone: 'resnet50' }, got ${shown(network)}`)
  const config = deepLabConfig(network)
  await loadNetwork(config)
  return untrainedModel(config, options)
}
