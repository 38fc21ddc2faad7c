// Batches for training, made by worker threads ahead of the GPU.

import { availableParallelism } from 'node:os'
import type { Dataset, LabelledImage } from '../../data/dataset.ts'
import { readLabelledImage } from '../../data/labelled_image.ts'
import { BadImageError } from '../../errors.ts'
import type { BadSources, Batch, BatchSettings } from '../../train/batch.ts'
import { type BatchesOptions, type BatchMaker, makeBatches } from '../../train/batches.ts'
import type { Sampler } from '../../train/sampler.ts'
import { FileDataset } from '../datasets/file_dataset.ts'
import type { Item } from '../datasets/item.ts'
import { WorkerPool } from '../worker_pool.ts'

interface LoaderOptions extends Omit<BatchesOptions, 'ahead' | 'classes'> {
  /** Threads. Default: all cores except one, which drives the GPU; at most eight. */
  workers?: number
}

/** A job for a thread: to make a batch or a part of one. */
export interface BatchJob extends BatchSettings {
  /** Images, still to be read or already read. */
  sources: (Item | LabelledImage)[]
  /** The index of the first source in the batch. */
  first: number
}

type Pool = WorkerPool<BatchJob, Batch | BadSources>

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

/** A batch maker for files: one thread makes the whole batch. */
function makeOfFiles({ items }: FileDataset, pool: Pool): BatchMaker {
  return (indices, settings) =>
    pool.run({ ...settings, sources: indices.map(index => items[index]), first: 0 })
}

/**
 * A batch maker for any dataset. This thread reads the dataset; the worker threads get the pixels, one image per job, so that
 * only `atOnce` images are in memory. The batches are identical, bit for bit, to those from files with the same pixels. After
 * `signal` is aborted nothing more is read.
 */
function makeOfImages(
  dataset: Dataset,
  pool: Pool,
  { atOnce, signal }: { atOnce: number; signal: AbortSignal },
): BatchMaker {
  const inTurn = limited(atOnce)
  return async (indices, settings) => {
    const example = async (index: number, slot: number): Promise<Batch | BadSources> => {
      signal.throwIfAborted()
      try {
        const photo = await readLabelledImage(dataset, index)
        return await pool.run({ ...settings, sources: [ownBytes(photo, dataset.ids[index])], first: slot })
      } catch (error) {
        if (error instanceof BadImageError) return { bad: [{ slot, message: error.message }] }
        throw error
      }
    }
    return joined(await Promise.all(indices.map((index, slot) => inTurn(() => example(index, slot)))))
  }
}

/** Only the data that a thread needs. A view is copied out of its buffer: otherwise the whole buffer would go to the thread. */
function ownBytes({ image, mask, width, height }: LabelledImage, id: string): LabelledImage {
  const cut = (bytes: Uint8Array) => (bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice())
  const { originalWidth, originalHeight, samples } = image
  const photo = {
    ...(samples && { samples }),
    width: image.width,
    height: image.height,
    data: cut(image.data),
    originalWidth,
    originalHeight,
  }
  return { id, image: photo, mask: cut(mask), width, height }
}

function joined(examples: readonly (Batch | BadSources)[]): Batch | BadSources {
  const bad = examples.flatMap(example => ('bad' in example ? example.bad : []))
  if (bad.length > 0) return { bad }
  const made = examples as readonly Batch[]
  const strong = made.flatMap(each => each.strong ?? [])
  return {
    images: concat(made.map(({ images }) => images)),
    labels: concat(made.map(({ labels }) => labels)),
    ...(strong.length > 0 && { strong: concat(strong) }),
  }
}

function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** Runs functions in the order of the calls, at most `count` at a time. */
function limited(count: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = []
  let running = 0
  return async work => {
    if (running === count) await new Promise<void>(resolve => waiting.push(resolve))
    else running++
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }
}
