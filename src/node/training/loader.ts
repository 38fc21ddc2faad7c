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
  /** Of the random crops. The same seed gives the same batches, whatever the number of workers. */
  seed: number
  /** The network's: the size at which it sees a photo, and the mean colour, which lies outside of it. */
  preprocessing: Preprocessing
  /** Default: the paper's. */
  augmentation?: Augmentation
  /** The first batch to make, from 0: to go on where a run stopped. Default 0. */
  start?: number
  /** Threads. Default: all cores but one, which is left to the thread that drives the GPU; at most eight. */
  workers?: number
  /** What an image that cannot be read does: see Recipe. Default: stop. */
  badImages?: Recipe['badImages']
  /** Called once for each image that is skipped. */
  onWarning?: (message: string) => void
}

/** Batches that wait for the GPU, beyond those that workers are busy with. */
const READY = 2

/**
 * Endless batches in the sampler's order. Workers start at the first batch and end when the loop over the batches does, be it by
 * `break` or by an error.
 *
 * A bad image, one that cannot be read or has labels that are no classes, is thrown as a BadImageError in the turn of its batch.
 * Where bad images are skipped, the next good one in the sampler's order takes its place: batches stay full, and they are a
 * function of the seed, the step and which images are bad, so that a run that was resumed draws what one that never stopped does.
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
        batch.catch(() => {}) // it is thrown once its turn comes
        queue.push(batch)
      }
      yield await queue.shift()!
    }
  } finally {
    ended.abort()
    await pool.close()
  }
}

/** Beside this file: TypeScript where that is run as it is, JavaScript once compiled. */
const WORKER = new URL(import.meta.url.replace(/loader(\.[jt]s)$/, 'loader_worker$1'))

/** Makes the batch of a step, if need be several times, until none of its images is bad. */
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

/** The first image from a position on that is not among the bad ones. */
function draw(sampler: Sampler, position: number, bad: ReadonlySet<number>): number {
  // Two epochs from anywhere hold a whole one.
  for (let i = 0; i < 2 * sampler.length; i++) {
    const index = sampler.at(position + i)
    if (!bad.has(index)) return index
  }
  throw new BadImageError('no image can be read any more')
}
