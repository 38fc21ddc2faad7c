// What loader.ts asks of its threads, and what they give back.

import type { LabelledImage } from '../../data/dataset.ts'
import type { Preprocessing } from '../../model/preprocessing.ts'
import type { Augmentation } from '../../train/augment.ts'
import type { Item } from '../datasets/item.ts'

/** A batch, or a part of one. */
export interface BatchJob {
  /** Images to read, or images that were read. */
  sources: (Item | LabelledImage)[]
  /** Decides on the crops, with the seed and an image's index in the batch. */
  step: number
  /** The index in the batch of the first source. */
  first: number
  seed: number
  /** Labels are below it, or IGNORE_INDEX. */
  classes: number
  preprocessing: Preprocessing
  augmentation: Augmentation
}

/** Examples as they go to the GPU. */
export interface Batch {
  /** RGBA: n · cropSize · cropSize · 4 bytes. */
  images: Uint8Array<ArrayBuffer>
  /** Class ids, IGNORE_INDEX where there is none: n · cropSize · cropSize bytes. */
  labels: Uint8Array<ArrayBuffer>
}

/** The images that keep a job from being done. */
export interface BadSources {
  bad: {
    /** Its index in the batch. */
    slot: number
    message: string
  }[]
}
