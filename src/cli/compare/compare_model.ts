// What one network makes of a photo or a dataset, and what it costs.

import { existsSync } from 'node:fs'
import { benchNetwork } from '../../bench/network.ts'
import type { Image } from '../../data/image.ts'
import type { InferenceOptions } from '../../inference/segmenter.ts'
import { networkParameters } from '../../model/initial_weights.ts'
import { presets } from '../../model/presets.ts'
import type { FileDataset } from '../../node/datasets/file_dataset.ts'
import { DeepLab } from '../../node/deeplab.ts'
import { readRegistry } from '../../node/downloads/pull.ts'
import { openGpu } from '../../node/gpu/dawn.ts'
import { evaluate } from '../../train/evaluate.ts'
import { findEntry } from '../../weights/registry.ts'
import { withDownloads } from '../model.ts'

export interface ComparedNumbers {
  model: string
  /** Whether it has trained weights. */
  trained: boolean
  /** Mean IoU on the dataset; absent without a dataset or without trained weights. */
  mIoU?: number
  /** Of one photo, counting every tap of a convolution. */
  multiplyAdds: number
  parameters: number
  /** The median of warm calls, from photo to mask. */
  milliseconds: number
  /** The most memory at a time on the GPU, in bytes. */
  gpuBytes: number
}

export interface Compared extends ComparedNumbers {
  /** The photo with the mask, a PNG; absent without trained weights. */
  overlay?: Uint8Array
}

interface CompareOptions {
  inference: InferenceOptions
  dataset?: FileDataset
  withMask: boolean
  onStage: (stage: string) => void
}

export async function compareModel(
  name: string,
  photo: Image,
  { inference, dataset, withMask, onStage }: CompareOptions,
): Promise<Compared> {
  onStage('load')
  const { model, trained } = await openCompared(name)
  try {
    const numbers = await timeModel(model, photo, { inference, onStage })
    const compared: Compared = { model: name, trained, ...numbers }
    if (!trained) return compared
    if (withMask) {
      onStage('mask')
      compared.overlay = await (await model.segment(photo, inference)).overlay({ legend: false })
    }
    if (dataset) {
      onStage('mean IoU')
      compared.mIoU = (await evaluate(model, dataset, inference)).mIoU ?? undefined
    }
    return compared
  } finally {
    await model.dispose()
  }
}

/** A trained model by the name of one, else an untrained preset. Throws a UserError if there is neither. */
async function openCompared(name: string): Promise<{ model: DeepLab; trained: boolean }> {
  const known = presets.find(preset => preset.name === name)
  const isTrained = !known || existsSync(name) || findEntry(await readRegistry(), name) !== undefined
  if (!isTrained)
    return { model: await DeepLab.create(known.config, { size: known.size, tune: 'off' }), trained: false }
  const load = (options: object) => DeepLab.load(name, { ...options, tune: 'off' })
  return { model: await withDownloads(name, load), trained: true }
}

/** On a GPU of its own, so that its peak memory is this network's. */
async function timeModel(
  { state, config }: DeepLab,
  photo: Image,
  { inference, onStage }: Pick<CompareOptions, 'inference' | 'onStage'>,
) {
  const gpu = await openGpu()
  try {
    const { width, height, data } = photo
    const sized = { data, width, height, originalWidth: width, originalHeight: height }
    const options = { ...inference, onStage: (stage: string) => onStage(stage) }
    const { macs, milliseconds, gpuBytes } = await benchNetwork(gpu, state, [sized], options)
    const shapes = networkParameters(config).map(({ shape }) => shape.reduce((a, b) => a * b, 1))
    return {
      multiplyAdds: macs,
      parameters: shapes.reduce((a, b) => a + b, 0),
      milliseconds: milliseconds.warm.median,
      gpuBytes: gpuBytes.peak,
    }
  } finally {
    gpu.destroy()
  }
}
