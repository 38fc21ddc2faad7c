// The thread that makes batches for loader.ts.

import { augment } from '../train/augment.ts'
import { randomSource } from '../train/random.ts'
import type { Batch, BatchJob } from './batch.ts'
import { readItem } from './datasets/item.ts'
import { serve } from './worker_pool.ts'

serve(async (job: BatchJob) => {
  const batch = await makeBatch(job)
  return { result: batch, transfer: [batch.images.buffer, batch.labels.buffer] }
})

async function makeBatch({ items, step, seed, preprocessing, augmentation }: BatchJob): Promise<Batch> {
  const pixels = augmentation.cropSize ** 2
  const images = new Uint8Array(items.length * pixels * 4)
  const labels = new Uint8Array(items.length * pixels)
  await Promise.all(
    items.map(async (item, i) => {
      const example = {
        image: images.subarray(i * pixels * 4, (i + 1) * pixels * 4),
        labels: labels.subarray(i * pixels, (i + 1) * pixels),
      }
      const random = randomSource(seed, 'augment', step, i)
      augment(await readItem(item), example, { ...augmentation, preprocessing, random })
    }),
  )
  return { images, labels }
}
