// Photos that wait for a model of the server run in batches. A batch has photos of one size and the same options.

import { setTimeout as sleep } from 'node:timers/promises'
import type { Image } from '../data/image.ts'
import { DeviceLostError, NoAdapterError } from '../gpu/errors.ts'
import type { OutputOptions, RefinedOptions, SegmentOutput } from '../inference/inference_options.ts'
import { photoSize } from '../inference/photo.ts'
import { PhotoLine } from '../library/photo_line.ts'
import type { Segmentation } from '../node/segmentation.ts'

export interface BatchOptions extends RefinedOptions, Pick<OutputOptions, 'at'> {
  output: SegmentOutput
}

/** A photo as a batcher takes it. */
interface BatchPhoto {
  image: Image
  options: BatchOptions
}

export type Batcher = PhotoLine<BatchPhoto, Segmentation>

/** A model, as far as a batcher uses it. */
export interface BatchModel {
  /** Another one after the GPU was lost. */
  readonly gpu: unknown
  segment(
    photos: readonly Image[],
    options: BatchOptions & { batchSize: number; signal: AbortSignal },
  ): Promise<Segmentation[]>
}

interface BatcherOptions {
  /** The most photos of a batch. */
  batchSize: number
  /** How long a photo waits for others, in milliseconds, while the model has nothing to do. */
  batchDelay: number
  /** Called for each batch that has run, with the number of its photos. */
  onBatch(photos: number): void
  /** Called when another GPU took the place of a lost one. */
  onRecovery(): void
}

export const batcherOf = (
  model: BatchModel,
  { batchSize, batchDelay, onBatch, onRecovery }: BatcherOptions,
): Batcher =>
  new PhotoLine({
    ahead: 1, // meanwhile the next batch grows
    batches: {
      sizeOf: () => batchSize,
      keyOf: ({ image, options }) => JSON.stringify([photoSize(image), options]),
      delay: batchDelay,
    },
    submit: async (photos, signal) => async () => {
      const images = photos.map(({ image }) => image)
      const options = { ...photos[0].options, batchSize: photos.length, signal }
      const found = await onLastingGpu(model, () => model.segment(images, options), onRecovery)
      onBatch(photos.length)
      return found
    },
  })

/** Waits before a lost GPU is asked for again, in milliseconds. The model itself has tried once by then. */
const RETRIES = [100, 1000, 4000]

/** A model opens another GPU in place of a lost one, once a call. If that one is lost too, or is not there yet, tries again. */
async function onLastingGpu<T>(
  model: BatchModel,
  work: () => Promise<T>,
  onRecovery: () => void,
): Promise<T> {
  const { gpu } = model
  try {
    for (const milliseconds of RETRIES)
      try {
        return await work()
      } catch (error) {
        if (!(error instanceof DeviceLostError || error instanceof NoAdapterError)) throw error
        await sleep(milliseconds)
      }
    return await work()
  } finally {
    if (model.gpu !== gpu) onRecovery()
  }
}
