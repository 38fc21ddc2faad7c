// The jobs that loader.ts sends to its threads, and their results.

import type { LabelledImage } from '../../data/dataset.ts'
import type { Preprocessing } from '../../model/preprocessing.ts'
import type { Augmentation } from '../../train/augment.ts'
import type { Item } from '../datasets/item.ts'

/** A job to make a batch or a part of one. */
export interface BatchJob {
  /** Images, still to be read or already read. */
  sources: (Item | LabelledImage)[]
  /** Determines the crops, together with the seed and an image's index in the batch. */
  step: number
  /** The index of the first source in the batch. */
  first: number
  seed: number
  /** The number of classes: labels are less than it, or IGNORE_INDEX. */
  classes: number
  preprocessing: Preprocessing
  augmentation: Augmentation
}

/** Training examples in the form for the GPU. */
export interface Batch {
  /** RGBA: n · cropSize · cropSize · 4 bytes. */
  images: Uint8Array<ArrayBuffer>
  /** Class ids, or IGNORE_INDEX for unlabelled pixels: n · cropSize · cropSize bytes. */
  labels: Uint8Array<ArrayBuffer>
}

/** The images because of which a job failed. */
export interface BadSources {
  bad: {
    /** Its index in the batch. */
    slot: number
    message: string
  }[]
}
