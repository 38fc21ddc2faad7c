// Batches for training, made by worker threads ahead of the GPU.

import { availableParallelism } from 'node:os'
import type { Dataset } from '../../data/dataset.ts'
import { BadImageError } from '../../errors.ts'
import type { Preprocessing } from '../../model/preprocessing.ts'
import { type Augmentation, PAPER_AUGMENTATION } from '../../train/augment.ts'
import type { Recipe } from '../../train/recipe.ts'
import type { Sampler } from '../../train/sampler.ts'
import { FileDataset } from '../datasets/file_dataset.ts'
import { WorkerPool } from '../worker_pool.ts'
import type { BadSources, Batch, BatchJob } from './batch.ts'
import { type BatchMaker, makeOfFiles, makeOfImages } from './batch_makers.ts'

export interface LoaderOptions {
  batchSize: number
  /** Seed of the random crops. The same seed gives the same batches, whatever the number of workers. */
  seed: number
  /** The network's preprocessing: the size to which a photo is scaled, and the mean colour that fills the area outside of it. */
  preprocessing: Preprocessing
  /** Default: the paper's augmentation. */
  augmentation?: Augmentation
  /** The first batch to make, counted from 0; larger to resume a run. Default 0. */
  start?: number
  /** Threads. Default: all cores except one, which drives the GPU; at most eight. */
  workers?: number
  /** What happens if an image cannot be read: see Recipe. Default: stop. */
  badImages?: Recipe['badImages']
  /** Called once for each image that is skipped. */
  onWarning?: (message: string) => void
}

/** How many batches wait for the GPU, in addition to those that workers are making. */
const READY = 2

/**
 * Yields batches in the sampler's order, without end. Workers start at the first batch and stop when the loop over the batches
 * ends, by `break` or by an error.
 *
 * A bad image cannot be read or has labels that are not classes. It is thrown as a BadImageError when its batch is due. If bad
 * images are skipped, the next good image in the sampler's order takes its place, so batches stay full. They depend only on the
 * seed, the step and which images are bad: a resumed run gets the same batches as an uninterrupted one.
 */
export async function* loadBatches(
  dataset: Dataset,
  sampler: Sampler,
  options: LoaderOptions,
): AsyncGenerator<Batch, never, void> {
  const { workers = Math.min(8, Math.max(1, availableParallelism() - 1)), start = 0 } = options
  const pool = new WorkerPool<BatchJob, Batch | BadSources>(WORKER, workers)
  const ended = new AbortController()
  const make =
    dataset instanceof FileDataset
      ? makeOfFiles(dataset, pool)
      : makeOfImages(dataset, pool, { atOnce: workers + READY, signal: ended.signal })
  const nextBatch = skipping(make, sampler, { ...options, dataset })
  const queue: Promise<Batch>[] = []
  try {
    for (let step = start; ; step++) {
      while (queue.length < workers + READY) {
        const batch = nextBatch(step + queue.length)
        batch.catch(() => {}) // thrown when the batch is due
        queue.push(batch)
      }
      yield await queue.shift()!
    }
  } finally {
    ended.abort()
    await pool.close()
  }
}

/** The file next to this one: TypeScript when run from source, JavaScript once compiled. */
const WORKER = new URL(import.meta.url.replace(/loader(\.[jt]s)$/, 'loader_worker$1'))

/** Makes the batch of a step, several times if necessary, until it has no bad images. */
function skipping(
  make: BatchMaker,
  sampler: Sampler,
  { dataset, batchSize, badImages = 'stop', onWarning, ...options }: LoaderOptions & { dataset: Dataset },
): (step: number) => Promise<Batch> {
  const { seed, preprocessing, augmentation = PAPER_AUGMENTATION } = options
  const known = new Set<number>()
  const settings = { seed, preprocessing, augmentation, classes: dataset.classNames.length }
  return async step => {
    for (;;) {
      const indices = Array.from({ length: batchSize }, (_, i) => draw(sampler, step * batchSize + i, known))
      const made = await make(indices, { ...settings, step })
      if (!('bad' in made)) return made
      if (badImages === 'stop') throw new BadImageError(made.bad[0].message)
      for (const { slot, message } of made.bad) {
        if (!known.has(indices[slot])) onWarning?.(`${message}; training goes on without this image`)
        known.add(indices[slot])
      }
    }
  }
}

/** The first image at or after a position that is not bad. */
function draw(sampler: Sampler, position: number, bad: ReadonlySet<number>): number {
  // Any two epochs' length of positions contains a whole epoch.
  for (let i = 0; i < 2 * sampler.length; i++) {
    const index = sampler.at(position + i)
    if (!bad.has(index)) return index
  }
  throw new BadImageError('none of the images can be read')
}
