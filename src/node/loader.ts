// Batches for training, made by worker threads ahead of the GPU.

import { availableParallelism } from 'node:os'
import type { Preprocessing } from '../model/preprocessing.ts'
import { type Augmentation, PAPER_AUGMENTATION } from '../train/augment.ts'
import type { Sampler } from '../train/sampler.ts'
import type { Batch, BatchJob } from './batch.ts'
import type { FileDataset } from './datasets/file_dataset.ts'
import { WorkerPool } from './worker_pool.ts'

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
}

/** Batches that wait for the GPU, beyond those that workers are busy with. */
const READY = 2

/**
 * Endless batches in the sampler's order. Workers start at the first batch and end when the loop over the batches does, be it by
 * `break` or by an error. What a worker throws, such as a UserError that names a damaged photo, is thrown in the place of its
 * batch.
 */
export async function* loadBatches(
  dataset: FileDataset,
  sampler: Sampler,
  options: LoaderOptions,
): AsyncGenerator<Batch, never, void> {
  const { workers = Math.min(8, Math.max(1, availableParallelism() - 1)), start = 0 } = options
  const pool = new WorkerPool<BatchJob, Batch>(WORKER, workers)
  const queue: Promise<Batch>[] = []
  try {
    for (let step = start; ; step++) {
      while (queue.length < workers + READY) {
        const batch = pool.run(batchJob(dataset, sampler, step + queue.length, options))
        batch.catch(() => {}) // it is thrown once its turn comes
        queue.push(batch)
      }
      yield await queue.shift()!
    }
  } finally {
    await pool.close()
  }
}

/** Beside this file: TypeScript where that is run as it is, JavaScript once compiled. */
const WORKER = new URL(import.meta.url.replace(/loader(\.[jt]s)$/, 'loader_worker$1'))

function batchJob(dataset: FileDataset, sampler: Sampler, step: number, options: LoaderOptions): BatchJob {
  const { batchSize, seed, preprocessing, augmentation = PAPER_AUGMENTATION } = options
  const items = Array.from({ length: batchSize }, (_, i) => dataset.items[sampler.at(step * batchSize + i)])
  return { items, step, seed, preprocessing, augmentation }
}
