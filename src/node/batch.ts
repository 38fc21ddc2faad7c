// What loader.ts asks of its threads, and what they give back.

import type { Preprocessing } from '../model/preprocessing.ts'
import type { Augmentation } from '../train/augment.ts'
import type { Item } from './datasets/item.ts'

export interface BatchJob {
  items: Item[]
  /** Decides on the crops, with the seed and an item's index here. */
  step: number
  seed: number
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
