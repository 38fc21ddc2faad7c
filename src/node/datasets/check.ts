// The check of a dataset before it is used. What was found about files is kept, so that a second check only looks at their times.

import { availableParallelism } from 'node:os'
import {
  type CheckOptions,
  checkImages,
  countLabels,
  type DatasetReport,
  type LabelCounts,
} from '../../data/check.ts'
import type { Dataset } from '../../data/dataset.ts'
import { checkDatasetFields } from '../../data/labelled_image.ts'
import { checkCallback, checkOptionNames, checkSignal, type OptionNames } from '../../options.ts'
import { WorkerPool } from '../worker_pool.ts'
import { imageKey, openCheckedImages } from './checked_images.ts'
import { FileDataset } from './file_dataset.ts'
import { type Item, readItem } from './item.ts'

/** For fewer images than this, threads would take longer to start than they save. */
const WORTH_THREADS = 100

const CHECK_OPTIONS: OptionNames<CheckOptions> = { photos: true, onProgress: true, signal: true }

/**
 * Looks at every image of a dataset: whether photo and labels can be read and fit each other, and which classes occur. Photos are
 * decoded whole, several at a time. What was found about images in files is kept in the cache folder, for as long as neither
 * their sizes nor their times change; images with problems are looked at each time.
 *
 * Throws a UserError for an option that makes no sense and where size, ids or class names are not those of a dataset, and what
 * the dataset throws beside UserErrors.
 */
export async function checkDataset(dataset: Dataset, options: CheckOptions = {}): Promise<DatasetReport> {
  checkOptionNames(options, CHECK_OPTIONS)
  checkCallback('onProgress', options.onProgress)
  checkSignal(options.signal)
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
  /** Images to have in work at once. */
  concurrency: number
  count(item: Item): Promise<LabelCounts>
  close(): Promise<void>
}

/** Threads start with the first image that has to be read: often there is none. */
function imageReader(images: number): ImageReader {
  if (images < WORTH_THREADS)
    return { concurrency: 4, count: async item => countLabels((await readItem(item)).mask), async close() {} }
  const threads = Math.min(8, availableParallelism())
  let pool: WorkerPool<Item, LabelCounts> | undefined
  return {
    concurrency: 2 * threads, // each thread decodes one photo while it waits for the disk for another
    count(item) {
      pool ??= new WorkerPool(WORKER, threads)
      return pool.run(item)
    },
    close: async () => pool?.close(),
  }
}

/** Beside this file: TypeScript where that is run as it is, JavaScript once compiled. */
const WORKER = new URL(import.meta.url.replace(/check(\.[jt]s)$/, 'check_worker$1'))
