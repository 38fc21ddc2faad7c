// Scores a model on a dataset.

import { checkClassNames, checkSameClasses, nameListText } from '../data/class_names.ts'
import type { Dataset, LabelledImage } from '../data/dataset.ts'
import type { Image } from '../data/image.ts'
import { checkClassIds, checkDatasetFields, readLabelledImage } from '../data/labelled_image.ts'
import { BadImageError, UserError } from '../errors.ts'
import { REFINED_BY_NAME, type RefinedOptions } from '../inference/inference_options.ts'
import { CALLBACK, checkOptions, type DeclaredOptions, SIGNAL } from '../options.ts'
import { ConfusionMatrix } from './confusion.ts'

/** The model under evaluation: a DeepLab. */
export interface SegmentationModel {
  readonly classNames: readonly string[]
  segment(photo: Image, options: RefinedOptions & { signal?: AbortSignal }): Promise<{ mask: Uint8Array }>
}

export interface EvaluateOptions extends RefinedOptions {
  /** The number of images, from the first one on. Default: all. */
  limit?: number
  /** Called after each image. */
  onProgress?: (progress: { done: number; total: number }) => void
  /** Called with each image and its prediction. The next image waits for the returned promise. */
  onImage?: (image: EvaluatedImage) => void | Promise<void>
  /** Called for each image that cannot be scored; the evaluation continues. Without it, such an image ends the evaluation. */
  onError?: (error: BadImageError, index: number) => void
  /** Ends the evaluation, also while an image is segmented. It then rejects with the signal's reason. */
  signal?: AbortSignal
}

// The model checks the values that it takes.
const EVALUATE_OPTIONS: DeclaredOptions<EvaluateOptions> = {
  ...REFINED_BY_NAME,
  limit: true,
  onProgress: CALLBACK,
  onImage: CALLBACK,
  onError: CALLBACK,
  signal: SIGNAL,
}

export interface EvaluatedImage {
  /** Its index in the dataset. */
  index: number
  labelled: LabelledImage
  /** A class id for each label. */
  prediction: Uint8Array
}

export interface Evaluation {
  /**
   * The mean of `classes[].iou` over the classes that have one. With few such classes it says little: it is 1 if only background
   * occurs. Null if nothing was scored.
   */
  mIoU: number | null
  pixelAccuracy: number | null
  /** The names of classes in neither labels nor predictions. The mean leaves them out. */
  leftOut: string[]
  /** The names of classes in predictions but not in labels. Their IoU is 0, and the mean counts them. */
  onlyPredicted: string[]
  classes: { id: number; name: string; iou: number | null }[]
  /** Numbers of pixels: confusion[label][prediction]. */
  confusion: number[][]
  /** The number of scored images. */
  images: number
}

/**
 * Segments each image at its own size, and counts how often each class was predicted for each class.
 *
 * Throws a UserError if the model's classes are not the dataset's. Without `onError`, throws a BadImageError if an image
 * cannot be read or its labels contain an id that is not a class.
 */
export async function evaluate(
  model: SegmentationModel,
  dataset: Dataset,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  checkOptions(options, EVALUATE_OPTIONS)
  const { limit = dataset.size, onProgress, onImage, onError, signal, ...inference } = options
  signal?.throwIfAborted()
  checkDatasetFields(dataset)
  checkClassNames(dataset.classNames, dataset.name)
  if (!Number.isInteger(limit) || limit < 1)
    throw new UserError(`limit: expected a whole number above 0, got ${limit}`)
  checkSameClasses(model.classNames, dataset.classNames)
  const total = Math.min(limit, dataset.size)
  const matrix = new ConfusionMatrix(dataset.classNames.length)
  let images = 0
  for (let index = 0, next = read(dataset, 0); index < total; index++) {
    const labelled = await next
    // The next image is decoded while the GPU works on this one.
    if (index + 1 < total) next = read(dataset, index + 1)
    if (labelled instanceof BadImageError) {
      if (!onError) throw labelled
      onError(labelled, index)
    } else {
      const { mask } = await model.segment(labelled.image, { ...inference, ...(signal && { signal }) })
      matrix.add(labelled.mask, mask)
      images++
      await onImage?.({ index, labelled, prediction: mask })
    }
    onProgress?.({ done: index + 1, total })
    signal?.throwIfAborted()
  }
  return evaluationOf(matrix, dataset.classNames, images)
}

/** An image with valid labels, or the error that says why there is none. */
function read(dataset: Dataset, index: number): Promise<LabelledImage | BadImageError> {
  const work = async () => {
    try {
      const labelled = await readLabelledImage(dataset, index)
      checkClassIds(labelled.mask, dataset.classNames.length, dataset.ids[index])
      return labelled
    } catch (error) {
      if (error instanceof BadImageError) return error
      throw error
    }
  }
  return handled(work())
}

/** Marks a rejection as handled. The promise is awaited later, and until then its rejection would end the process. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  return promise
}

function evaluationOf(matrix: ConfusionMatrix, names: readonly string[], images: number): Evaluation {
  const { mIoU, iou, pixelAccuracy } = matrix.scores()
  const row = (id: number) => [...matrix.counts.subarray(id * names.length, (id + 1) * names.length)]
  const isLabelled = (id: number) => row(id).some(count => count > 0)
  return {
    mIoU,
    pixelAccuracy,
    leftOut: names.filter((_, id) => iou[id] === null),
    onlyPredicted: names.filter((_, id) => iou[id] !== null && !isLabelled(id)),
    classes: names.map((name, id) => ({ id, name, iou: iou[id] })),
    confusion: names.map((_, id) => row(id)),
    images,
  }
}

/** Says after a mean IoU which classes it leaves out or counts as 0. Empty if it is over all classes and all are labelled. */
export function meanIoURemark({
  classes,
  leftOut,
  onlyPredicted,
}: {
  /** The number of classes. */
  classes: number
  leftOut: readonly string[]
  onlyPredicted: readonly string[]
}): string {
  const scored = classes - leftOut.length
  return [
    leftOut.length > 0 ? ` over ${scored} of ${classes} classes; no pixel of ${nameListText(leftOut)}` : '',
    onlyPredicted.length > 0 ? `; predicted but in no labels, IoU 0: ${nameListText(onlyPredicted)}` : '',
  ].join('')
}
