// The thread that makes batches for loader.ts.

import type { LabelledImage } from '../../data/dataset.ts'
import { checkClassIds } from '../../data/labelled_image.ts'
import { UserError } from '../../errors.ts'
import { augment } from '../../train/augment.ts'
import { randomSource } from '../../train/random.ts'
import { type Item, readItem } from '../datasets/item.ts'
import { serve } from '../worker_pool.ts'
import type { BadSources, Batch, BatchJob } from './batch.ts'

serve(async (job: BatchJob) => {
  const result = await makeBatch(job)
  return { result, transfer: 'bad' in result ? [] : [result.images.buffer, result.labels.buffer] }
})

async function makeBatch({ sources, step, first, seed, ...job }: BatchJob): Promise<Batch | BadSources> {
  const { classes, preprocessing, augmentation } = job
  const pixels = augmentation.cropSize ** 2
  const images = new Uint8Array(sources.length * pixels * 4)
  const labels = new Uint8Array(sources.length * pixels)
  const bad: BadSources['bad'] = []
  await Promise.all(
    sources.map(async (source, i) => {
      const slot = first + i
      try {
        const photo = isRead(source) ? source : await readItem(source)
        checkClassIds(photo.mask, classes, photo.id)
        const example = {
          image: images.subarray(i * pixels * 4, (i + 1) * pixels * 4),
          labels: labels.subarray(i * pixels, (i + 1) * pixels),
        }
        const random = randomSource(seed, 'augment', step, slot)
        augment(photo, example, { ...augmentation, preprocessing, random })
      } catch (error) {
        if (!(error instanceof UserError)) throw error
        bad.push({ slot, message: error.message })
      }
    }),
  )
  return bad.length > 0 ? { bad } : { images, labels }
}

const isRead = (source: Item | LabelledImage): source is LabelledImage => 'mask' in source
