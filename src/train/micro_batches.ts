// Divides a batch into micro-batches, the number of images that the GPU has room for, and checks the labels.

import { IGNORE_INDEX } from '../data/dataset.ts'
import { UserError } from '../errors.ts'
import type { UnlabelledBatch } from './taught_batch.ts'

/** RGBA images, n · cropSize² · 4 bytes, or the bytes of samples, n · cropSize² · c · 4, and labels, n · cropSize² bytes, as `loadBatches` makes them. */
export interface TrainingBatch {
  images: Uint8Array
  labels: Uint8Array
  /** As many photos without labels, for a run that learns from such. */
  unlabelled?: UnlabelledBatch
}

export interface BatchLayout {
  /** The number of images in a batch. */
  batchSize: number
  /** The number of micro-batches; all have the same number of images. */
  microBatches: number
  /** Each label is below this number, or IGNORE_INDEX. */
  classes: number
}

/**
 * The micro-batches of a batch, with each image's labels padded to whole words. Throws a UserError for a label that is not a
 * class.
 */
export function microBatchesOf(
  { images, labels }: Pick<TrainingBatch, 'images' | 'labels'>,
  { batchSize, microBatches, classes }: BatchLayout,
): TrainingBatch[] {
  checkLabels(labels, classes)
  const padded = padLabels(labels, batchSize)
  const part = (bytes: Uint8Array, index: number) => {
    const size = bytes.length / microBatches
    return bytes.subarray(index * size, (index + 1) * size)
  }
  return Array.from({ length: microBatches }, (_, i) => ({
    images: part(images, i),
    labels: part(padded, i),
  }))
}

/** Throws a UserError for a label that is not a class. Without this check, the GPU would ignore the pixel. */
export function checkLabels(labels: Uint8Array, classes: number): void {
  const odd = labels.find(label => label >= classes && label !== IGNORE_INDEX)
  if (odd !== undefined)
    throw new UserError(
      `the labels hold class ${odd}, but the last of the ${classes} classes is ${classes - 1}`,
    )
}

/** Pads each image's labels to whole words, as the GPU needs them. */
export function padLabels(labels: Uint8Array, images: number): Uint8Array {
  const pixels = labels.length / images
  const stride = Math.ceil(pixels / 4) * 4
  const padded = new Uint8Array(images * stride)
  for (let image = 0; image < images; image++)
    padded.set(labels.subarray(image * pixels, (image + 1) * pixels), image * stride)
  return padded
}
