// The jobs that `atrous tune` measures: photos through a network, or a training step.

import { compare } from '../../bench/compare.ts'
import { noisePhoto, squareSize } from '../../bench/noise.ts'
import type { Image } from '../../data/image.ts'
import type { Gpu } from '../../gpu/gpu.ts'
import type { TunedConvolution, TuneOptions } from '../../graph/tune/tune.ts'
import { type InferenceOptions, Segmenter } from '../../inference/segmenter.ts'
import { pixelsOn } from '../../library/pixels.ts'
import type { Tuning } from '../../library/tuning.ts'
import { samplesIn } from '../../model/preprocessing.ts'
import { readImage } from '../../node/images/image.ts'
import { recipeFor } from '../../train/recipe.ts'
import { tuneTraining } from '../../train/tune_training.ts'
import type { BenchModel } from '../bench/bench_model.ts'
import { type Interrupt, unlessInterrupted } from '../interrupt.ts'

interface TuneJob {
  /** Adds what it finds to the tuning. */
  measure(options: TuneOptions): Promise<TunedConvolution[]>
  /** Milliseconds of the whole network, by the table and as tuned; undefined where it was interrupted. */
  compare?(interrupt: Interrupt): Promise<{ untuned: number; tuned: number } | undefined>
  dispose(): Promise<void>
}

interface Subject {
  model: BenchModel
  tuning: Tuning
  size: number
  outputStride: number
  batch: number
}

/** The number of calls of the network, for each of the two choices. */
const CALLS = { atLeast: 3, milliseconds: 2000 }

/** `photo` is a file with the shape to tune for. Default: a square. */
export async function inferenceJob(
  gpu: Gpu,
  { model, tuning, size, outputStride, batch, photo }: Subject & { photo?: string },
): Promise<TuneJob> {
  const channels = samplesIn(model.preprocessing)
  const options = { maxPixels: pixelsOn(gpu), channels }
  const image = photo === undefined ? undefined : await readImage(photo, options)
  const segmenter = new Segmenter(gpu, model, tuning.variants)
  return {
    measure: options =>
      segmenter.tune(new Array(batch).fill(image ?? squareSize(size)), { size, outputStride, ...options }),
    compare(interrupt) {
      const photos = new Array<Image>(batch).fill(image ?? noisePhoto(size, channels))
      const untuned = new Segmenter(gpu, model)
      const calls = callsOf(untuned, segmenter, { photos, size, outputStride, interrupt })
      return unlessInterrupted(calls.finally(() => untuned.dispose()))
    },
    dispose: () => segmenter.dispose(),
  }
}

export function trainingJob(
  gpu: Gpu,
  { model, tuning, size, outputStride, batch, freezeBatchNorm }: Subject & { freezeBatchNorm?: boolean },
): TuneJob {
  const chosen = { batchSize: batch, microBatchSize: batch, cropSize: size, outputStride, freezeBatchNorm }
  const recipe = recipeFor(model.config, chosen)
  return {
    async measure(options) {
      const step = { ...recipe, classWeights: null, ...options, tuned: tuning.variants }
      const found = await tuneTraining(gpu, model, step)
      for (const { convolution, fastest } of found) tuning.variants.set(convolution, fastest)
      return found
    },
    dispose: async () => {},
  }
}

async function callsOf(
  before: Segmenter,
  after: Segmenter,
  { photos, interrupt, ...options }: { photos: Image[]; interrupt: Interrupt } & InferenceOptions,
): Promise<{ untuned: number; tuned: number }> {
  const call = (segmenter: Segmenter) => () => {
    interrupt.check()
    return segmenter.segment(photos, options)
  }
  const [untuned, tuned] = await compare([call(before), call(after)], CALLS)
  return { untuned, tuned }
}
