// Checks a dataset before it is used. Results for images in files are cached: a second check only compares sizes and times.

import { availableParallelism } from 'node:os'
import {
  type CheckOptions,
  checkCheckOptions,
  checkImages,
  countLabels,
  type DatasetReport,
  type LabelCounts,
} from '../../data/check.ts'
import type { Dataset } from '../../data/dataset.ts'
import { checkDatasetFields } from '../../data/labelled_image.ts'
import { WorkerPool } from '../worker_pool.ts'
import { imageKey, openCheckedImages } from './checked_images.ts'
import { FileDataset } from './file_dataset.ts'
import { type Item, readItem } from './item.ts'

/** With fewer images than this, threads take longer to start than they save. */
const WORTH_THREADS = 100

/**
 * Checks every image of a dataset: whether the photo and its labels can be read and fit each other, and which classes occur.
 * Photos are fully decoded, several at a time. Results for images in files are cached until a file's size or time changes. Images
 * with problems are checked again each time.
 *
 * Throws a UserError for an invalid option, and for a dataset with an invalid size, ids or class names. Errors that the dataset
 * itself throws pass through, except UserErrors, which become problems in the report.
 */
export async function checkDataset(dataset: Dataset, options: CheckOptions = {}): Promise<DatasetReport> {
  checkCheckOptions(options)
  checkDatasetFields(dataset)
  return dataset instanceof FileDataset ? checkFiles(dataset, options) : checkImages(dataset, options)
}

async function checkFiles(dataset: FileDataset, options: CheckOptions): Promise<DatasetReport> {
  const { items } = dataset
  const checked = await openCheckedImages(dataset.name)
  const reader = imageReader(items.length)
  const inspect = async (index: number): Promise<LabelCounts> => {
    const key = await imageKey(items[index])
    const known = key && checked.find(key)
    if (known) return known
    if (options.photos === false) return countLabels((await dataset.readLabels(index)).mask)
    const counts = await reader.count(items[index])
    if (key) checked.keep(key, counts)
    return counts
  }
  try {
    return await checkImages(dataset, { ...options, inspect, concurrency: reader.concurrency })
  } finally {
    await reader.close()
    await checked.save()
  }
}

interface ImageReader {
  /** How many images are read at the same time. */
  concurrency: number
  count(item: Item): Promise<LabelCounts>
  close(): Promise<void>
}

/** Threads start when the first image must be read. Often no image must be. */
function imageReader(images: number): ImageReader {
  if (images < WORTH_THREADS)
    return { concurrency: 4, count: async item => countLabels((await readItem(item)).mask), async close() {} }
  const threads = Math.min(8, availableParallelism())
  let pool: WorkerPool<Item, LabelCounts> | undefined
  return {
    concurrency: 2 * threads, // each thread decodes one photo while another is read from disk
    count(item) {
      pool ??= new WorkerPool(WORKER, threads)
      return pool.run(item)
    },
    close: async () => pool?.close(),
  }
}

/** The file next to this one: TypeScript when run from source, JavaScript once compiled. */
const WORKER = new URL(import.meta.url.replace(/check(\.[jt]s)$/, 'check_worker$1'))
