// What a network has to do for photos of one size, by the options of a call.

import { largestBatch, type PlanTarget } from '../graph/plan/plan.ts'
import type { DeepLabConfig } from '../model/config.ts'
import type { Preprocessing } from '../model/preprocessing.ts'
import { checkScores } from './class_map.ts'
import { type InferenceJob, inferenceGraph, type PhotoSize } from './inference_graph.ts'
import type { InferenceOptions, OutputOptions } from './inference_options.ts'
import { checkInferenceOptions, viewsOf } from './views.ts'

export class InferenceJobs {
  readonly #config: DeepLabConfig
  readonly #preprocessing: Preprocessing
  readonly #target: PlanTarget
  /** By the job of one photo, how many can run at once. */
  readonly #largestBatches = new Map<string, number>()

  constructor(model: { config: DeepLabConfig; preprocessing: Preprocessing }, target: PlanTarget) {
    this.#config = model.config
    this.#preprocessing = model.preprocessing
    this.#target = target
  }

  /** The job that gives masks of the photos, all of the same sizes. Throws a UserError for options that make no sense. */
  of(photos: PhotoSize[], options: InferenceOptions): InferenceJob {
    checkInferenceOptions(this.#config, options)
    const { outputStride = this.#config.outputStride, size = this.#preprocessing.size } = options
    const [{ width, height, originalWidth, originalHeight }] = photos
    const job: InferenceJob = {
      batch: 1,
      photo: { width, height, originalWidth, originalHeight },
      outputStride,
      views: viewsOf(options),
      merge: options.merge,
      preprocessing: { ...this.#preprocessing, size },
      maskAt: 'photo',
      withScores: false,
    }
    return { ...job, batch: this.#batchOf(photos.length, job) }
  }

  /** The same with scores, or with masks of another size. Throws a UserError for scores that are too large, too. */
  withOutput(
    photos: PhotoSize[],
    { output, at, ...options }: InferenceOptions & Required<OutputOptions>,
  ): InferenceJob {
    const job = this.of(photos, options)
    if (output !== 'mask') checkScores(job, { output, at, classes: this.#config.classes })
    return { ...job, maskAt: output === 'mask' ? at : 'photo', withScores: output !== 'mask' }
  }

  /** The photos of a run: all, or parts that are about equal. */
  #batchOf(photos: number, job: InferenceJob): number {
    if (photos === 1) return 1
    const key = JSON.stringify(job)
    const largest =
      this.#largestBatches.get(key) ?? largestBatch(inferenceGraph(this.#config, job), this.#target)
    this.#largestBatches.set(key, largest)
    return Math.ceil(photos / Math.ceil(photos / largest))
  }
}
