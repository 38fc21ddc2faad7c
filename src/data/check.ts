// What is wrong with a dataset, before anything is computed with it.

import { UserError } from '../errors.ts'
import { type Dataset, IGNORE_INDEX } from './dataset.ts'

export interface DatasetProblem {
  /** `unreadable`: missing or damaged files, and photo and labels of different sizes. */
  kind: 'unreadable' | 'class out of range' | 'all ignored'
  /** The image it is about. */
  index: number
  /** One line that names the image. */
  message: string
}

export interface DatasetReport {
  problems: DatasetProblem[]
  /** Of each class, its share of all labelled pixels, 0 to 1. */
  shares: number[]
  /** Of each image, its pixels of each class; zeros for one that cannot be read. */
  pixels: number[][]
}

export interface CheckOptions {
  /** Called after each image with how many are done. */
  onProgress?: (done: number) => void
}

/** Reads at once; more do not help, since decoding is what takes the time. */
const CONCURRENCY = 4

/** Looks at the labels of every image, and at its photo's size. */
export async function checkDataset(
  dataset: Dataset,
  { onProgress }: CheckOptions = {},
): Promise<DatasetReport> {
  const histograms: Histogram[] = new Array(dataset.size)
  let [next, done] = [0, 0]
  const lane = async () => {
    while (next < dataset.size) {
      const index = next++
      histograms[index] = await histogramOf(dataset, index)
      onProgress?.(++done)
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, lane))
  return report(dataset, histograms)
}

/** Pixels by label, or why there are none. */
type Histogram = Float64Array | UserError

async function histogramOf(dataset: Dataset, index: number): Promise<Histogram> {
  try {
    const { mask } = await dataset.readLabels(index)
    const counts = new Float64Array(256)
    for (const label of mask) counts[label]++
    return counts
  } catch (error) {
    if (error instanceof UserError) return error
    throw error
  }
}

function report({ ids, classNames }: Dataset, histograms: Histogram[]): DatasetReport {
  const classes = classNames.map((_, id) => id)
  const totals = new Float64Array(classes.length)
  const problems: DatasetProblem[] = []
  const pixels = histograms.map((counts, index) => {
    if (counts instanceof UserError) {
      problems.push({ kind: 'unreadable', index, message: counts.message })
      return classes.map(() => 0)
    }
    const found = problemOf(counts, classes.length)
    if (found) problems.push({ kind: found.kind, index, message: `${ids[index]}: ${found.message}` })
    for (const id of classes) totals[id] += counts[id]
    return Array.from(counts.subarray(0, classes.length))
  })
  const labelled = totals.reduce((a, b) => a + b, 0)
  return { problems, shares: Array.from(totals, count => (labelled > 0 ? count / labelled : 0)), pixels }
}

function problemOf(counts: Float64Array, classes: number): Omit<DatasetProblem, 'index'> | undefined {
  const largest = counts.findLastIndex((count, label) => count > 0 && label !== IGNORE_INDEX)
  if (largest < 0) return { kind: 'all ignored', message: 'no pixel is labelled' }
  if (largest < classes) return undefined
  const message = `holds class ${largest}, but the last of the ${classes} classes is ${classes - 1}`
  return { kind: 'class out of range', message }
}
