// How well a model does on a dataset.

import { checkSameClasses } from '../data/class_names.ts'
import type { Dataset, LabelledImage } from '../data/dataset.ts'
import type { Image } from '../data/image.ts'
import { UserError } from '../errors.ts'
import { INFERENCE_OPTIONS, type InferenceOptions } from '../model/inference_options.ts'
import { checkOptionNames, type OptionNames } from '../options.ts'
import { ConfusionMatrix } from './confusion.ts'

/** What is evaluated: a DeepLab. */
export interface SegmentationModel {
  readonly classNames: readonly string[]
  segment(photo: Image, options: InferenceOptions): Promise<{ mask: Uint8Array }>
}

export interface EvaluateOptions extends InferenceOptions {
  /** Only the first so many images. Default: all. */
  limit?: number
  /** Called after each image. */
  onProgress?: (progress: { done: number; total: number }) => void
  /** Called with each image and what was found in it; the next one waits for what it returns. */
  onImage?: (image: EvaluatedImage) => void | Promise<void>
}

const EVALUATE_OPTIONS: OptionNames<EvaluateOptions> = {
  ...INFERENCE_OPTIONS,
  ...{ limit: true, onProgress: true, onImage: true },
}

export interface EvaluatedImage {
  /** In the dataset. */
  index: number
  labelled: LabelledImage
  /** Class ids: as many as there are labels. */
  prediction: Uint8Array
}

export interface Evaluation {
  /** Mean of `classes[].iou`; see Scores for what VOC leaves open. */
  mIoU: number | null
  pixelAccuracy: number | null
  classes: { id: number; name: string; iou: number | null }[]
  /** Pixels, by true and then by predicted class. */
  confusion: number[][]
  /** Scored images. */
  images: number
}

/**
 * Segments each image, at its own size, and counts how often each class was taken for each class.
 *
 * Throws a UserError where the model's classes are not the dataset's, or an image cannot be read
 * or holds an id that is no class.
 */
export async function evaluate(
  model: SegmentationModel,
  dataset: Dataset,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  checkOptionNames(options, EVALUATE_OPTIONS)
  const { limit = dataset.size, onProgress, onImage, ...inference } = options
  if (!Number.isInteger(limit) || limit < 1)
    throw new UserError(`limit: expected a whole number above 0, got ${limit}`)
  checkSameClasses(model.classNames, dataset.classNames)
  const total = Math.min(limit, dataset.size)
  const matrix = new ConfusionMatrix(dataset.classNames.length)
  for (let index = 0, next = dataset.read(0); index < total; index++) {
    const labelled = await next
    const { id, image, mask } = labelled
    // The next image is decoded while the GPU works on this one.
    if (index + 1 < total) next = handled(dataset.read(index + 1))
    const found = await model.segment(image, inference)
    count(matrix, { id, truth: mask, prediction: found.mask })
    await onImage?.({ index, labelled, prediction: found.mask })
    onProgress?.({ done: index + 1, total })
  }
  return evaluationOf(matrix, dataset.classNames, total)
}

/** Keeps a rejection for the one who awaits the promise, later: until then it would end the process. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  return promise
}

function count(
  matrix: ConfusionMatrix,
  { id, truth, prediction }: { id: string; truth: Uint8Array; prediction: Uint8Array },
): void {
  try {
    matrix.add(truth, prediction)
  } catch (error) {
    throw error instanceof RangeError ? new UserError(`${id}: ${error.message}`) : error
  }
}

function evaluationOf(matrix: ConfusionMatrix, names: readonly string[], images: number): Evaluation {
  const { mIoU, iou, pixelAccuracy } = matrix.scores()
  const row = (id: number) => [...matrix.counts.subarray(id * names.length, (id + 1) * names.length)]
  return {
    mIoU,
    pixelAccuracy,
    classes: names.map((name, id) => ({ id, name, iou: iou[id] })),
    confusion: names.map((_, id) => row(id)),
    images,
  }
}
