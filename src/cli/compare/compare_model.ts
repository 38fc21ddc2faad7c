// The results of one network on a photo or a dataset, and its costs.

import { existsSync } from 'node:fs'
import { benchNetwork } from '../../bench/network.ts'
import type { CrfOption } from '../../crf/crf_parameters.ts'
import type { ClassShare } from '../../data/class_share.ts'
import type { Image } from '../../data/image.ts'
import type { InferenceOptions, RefinedOptions } from '../../inference/inference_options.ts'
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
  /** Whether a CRF refined its masks. */
  crf: boolean
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
  /** What the overlay shows. */
  classes?: readonly ClassShare[]
}

interface CompareOptions {
  inference: InferenceOptions
  /** Trained networks run without a CRF, and again with it. */
  crf?: CrfOption
  dataset?: FileDataset
  withMask: boolean
  onStage: (stage: string) => void
}

export async function compareModel(name: string, photo: Image, options: CompareOptions): Promise<Compared[]> {
  options.onStage('load')
  const { model, trained } = await openCompared(name)
  try {
    const crfs = trained && options.crf !== undefined ? [undefined, options.crf] : [undefined]
    const found: Compared[] = []
    for (const crf of crfs) {
      const result = await resultsOf(model, photo, { ...options, crf, trained })
      found.push({ model: name, trained, crf: crf !== undefined, ...result })
    }
    return found
  } finally {
    await model.dispose()
  }
}

async function resultsOf(
  model: DeepLab,
  photo: Image,
  { inference, crf, dataset, withMask, onStage, trained }: CompareOptions & { trained: boolean },
) {
  const options = { ...inference, crf }
  const result: Omit<Compared, 'model' | 'trained' | 'crf'> = await timeModel(model, photo, {
    options,
    onStage,
  })
  if (!trained) return result
  if (withMask) {
    onStage('mask')
    const found = await model.segment(photo, options)
    result.overlay = await found.overlay({ legend: false })
    result.classes = found.classes
  }
  if (dataset) {
    onStage('mean IoU')
    result.mIoU = (await evaluate(model, dataset, options)).mIoU ?? undefined
  }
  return result
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
  { options, onStage }: { options: RefinedOptions; onStage: (stage: string) => void },
) {
  const gpu = await openGpu()
  try {
    const { width, height, data } = photo
    const sized = { data, width, height, originalWidth: width, originalHeight: height }
    const measured = { ...options, onStage: (stage: string) => onStage(stage) }
    const { macs, milliseconds, gpuBytes } = await benchNetwork(gpu, state, [sized], measured)
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
