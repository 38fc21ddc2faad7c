// The thread that makes batches for loader.ts.

import type { LabelledImage } from '../../data/dataset.ts'
import * as changes from '../../train/augment.ts'
import { makeBatch } from '../../train/batch.ts'
import { type Item, readItem } from '../datasets/item.ts'
import { serve } from '../worker_pool.ts'
import type { BatchJob } from './loader.ts'

serve(async ({ sources, ...settings }: BatchJob) => {
  const read = sources.map(source => async () => (isRead(source) ? source : readItem(source)))
  const result = await makeBatch(read, settings, async () => changes)
  const parts = 'bad' in result ? [] : [result.images, result.labels, result.strong ?? []].flat()
  return { result, transfer: parts.map(({ buffer }) => buffer as ArrayBuffer) }
})

const isRead = (source: Item | LabelledImage): source is LabelledImage => 'mask' in source
