// Batches as the GPU takes them: in parts of as many images as it has room for, with labels that are checked.

import { IGNORE_INDEX } from '../data/dataset.ts'
import { UserError } from '../errors.ts'

/** As `loadBatches` makes them: RGBA images, n · cropSize² · 4 bytes, and labels, n · cropSize². */
export interface TrainingBatch {
  images: Uint8Array
  labels: Uint8Array
}

export interface BatchLayout {
  /** Images in a batch. */
  batchSize: number
  /** Parts of equally many images. */
  microBatches: number
  /** Labels are below it, or IGNORE_INDEX. */
  classes: number
}

/** The micro-batches of a batch, each image's labels padded to whole words. Throws a UserError for a label that is no class. */
export function microBatchesOf(
  { images, labels }: TrainingBatch,
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

/** On the GPU, a label that is no class would count as ignored. */
function checkLabels(labels: Uint8Array, classes: number): void {
  const odd = labels.find(label => label >= classes && label !== IGNORE_INDEX)
  if (odd !== undefined)
    throw new UserError(
      `the labels hold class ${odd}, but the last of the ${classes} classes is ${classes - 1}`,
    )
}

/** Each image's labels on whole words, as the GPU takes them. */
export function padLabels(labels: Uint8Array, images: number): Uint8Array {
  const pixels = labels.length / images
  const stride = Math.ceil(pixels / 4) * 4
  const padded = new Uint8Array(images * stride)
  for (let image = 0; image < images; image++)
    padded.set(labels.subarray(image * pixels, (image + 1) * pixels), image * stride)
  return padded
}
