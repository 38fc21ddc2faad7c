// Batches for training, made by worker threads ahead of the GPU.

import { availableParallelism } from 'node:os'
import type { Dataset } from '../../data/dataset.ts'
import type { BadSources, Batch } from '../../train/batch.ts'
import { type BatchesOptions, makeBatches } from '../../train/batches.ts'
import type { Sampler } from '../../train/sampler.ts'
import { FileDataset } from '../datasets/file_dataset.ts'
import { WorkerPool } from '../worker_pool.ts'
import type { BatchJob } from './batch_job.ts'
import { makeOfFiles, makeOfImages } from './batch_makers.ts'

export interface LoaderOptions extends Omit<BatchesOptions, 'ahead' | 'classes'> {
  /** Threads. Default: all cores except one, which drives the GPU; at most eight. */
  workers?: number
}

/** How many batches wait for the GPU, in addition to those that workers are making. */
const READY = 2

/**
 * Yields batches as `makeBatches` does. Workers start at the first batch and stop when the loop over the batches ends, by `break`
 * or by an error.
 */
export async function* loadBatches(
  dataset: Dataset,
  sampler: Sampler,
  options: LoaderOptions,
): AsyncGenerator<Batch, never, void> {
  const { workers = Math.min(8, Math.max(1, availableParallelism() - 1)) } = options
  const pool = new WorkerPool<BatchJob, Batch | BadSources>(WORKER, workers)
  const ended = new AbortController()
  const ahead = workers + READY
  const make =
    dataset instanceof FileDataset
      ? makeOfFiles(dataset, pool)
      : makeOfImages(dataset, pool, { atOnce: ahead, signal: ended.signal })
  try {
    return yield* makeBatches(make, sampler, { ...options, ahead, classes: dataset.classNames.length })
  } finally {
    ended.abort()
    await pool.close()
  }
}

/** The file next to this one: TypeScript when run from source, JavaScript once compiled. */
const WORKER = new URL(import.meta.url.replace(/loader(\.[jt]s)$/, 'loader_worker$1'))
