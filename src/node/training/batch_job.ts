import type { LabelledImage } from '../../data/dataset.ts'
import type { BatchSettings } from '../../train/batch.ts'
import type { Item } from '../datasets/item.ts'

/** A job for a thread of loader.ts: to make a batch or a part of one. */
export interface BatchJob extends BatchSettings {
  /** Images, still to be read or already read. */
  sources: (Item | LabelledImage)[]
  /** The index of the first source in the batch. */
  first: number
}
