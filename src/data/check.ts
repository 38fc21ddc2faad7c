// Finds what is wrong with a dataset before anything is computed with it.

import { UserError } from '../errors.ts'
import { duplicateNames } from '../model/class_names_schema.ts'
import { CALLBACK, checkOptions, type DeclaredOptions, SIGNAL } from '../options.ts'
import { nameListText } from './class_names.ts'
import { type Dataset, IGNORE_INDEX } from './dataset.ts'
import { oddClassText, readLabelledImage, readLabels } from './labelled_image.ts'

/** A problem that must be mended, or an image that must be left out, before the dataset is of use. */
export interface DatasetProblem {
  /**
   * Of one image: `unreadable` (photo or labels are missing or damaged, or their sizes differ), `class out of range`, or `all
   * ignored`. Of the whole dataset: `only 0 and 255`, or `duplicate class`.
   */
  kind: 'unreadable' | 'class out of range' | 'all ignored' | 'only 0 and 255' | 'duplicate class'
  /** The image with the problem. Undefined for a problem of the whole dataset, which leaving out images does not solve. */
  index?: number
  /** One line. It names the image or the dataset. */
  message: string
}

export interface DatasetReport {
  /** Problems of the whole dataset come first. */
  problems: DatasetProblem[]
  /** One line each for what is allowed but seldom meant: classes without a single pixel in the images without a problem. */
  warnings: string[]
  /** Each class's share of the labelled pixels in the images without a problem, 0 to 1. */
  shares: number[]
  /** For each image, its number of pixels of each class; zeros for an image that cannot be read. */
  pixels: number[][]
}

export interface CheckOptions {
  /** Whether photos are decoded, to find damaged ones. If false, only the labels are read. Default true. */
  photos?: boolean
  /** Called after each image. */
  onProgress?: (progress: { done: number; total: number }) => void
  /** Ends the check, which then rejects with the signal's reason. */
  signal?: AbortSignal
}

const CHECK_OPTIONS: DeclaredOptions<CheckOptions> = { photos: true, onProgress: CALLBACK, signal: SIGNAL }

/** Throws a UserError for an invalid option, and the signal's reason if the signal is aborted. */
export function checkCheckOptions(options: CheckOptions): void {
  checkOptions(options, CHECK_OPTIONS)
  options.signal?.throwIfAborted()
}

/** The labels of an image, ascending from 0 to 255, and the number of pixels of each. */
export type LabelCounts = readonly (readonly [label: number, pixels: number])[]

/** Counts the labels of one image. Throws a UserError that names the image if it cannot be read. */
type Inspect = (index: number) => Promise<LabelCounts>

/** The default number of images under way at a time: decoders have their own threads. */
const CONCURRENCY = 4

/** Checks every image, several at a time, by `inspect` (default: reads and decodes the image in this thread). */
export async function checkImages(
  dataset: Dataset,
  {
    photos = true,
    onProgress,
    signal,
    inspect = index => inspectImage(dataset, index, photos),
    concurrency = CONCURRENCY,
  }: CheckOptions & { inspect?: Inspect; concurrency?: number } = {},
): Promise<DatasetReport> {
  const total = dataset.size
  const found: (LabelCounts | UserError)[] = new Array(total)
  let [next, done, ended] = [0, 0, false]
  const lane = async () => {
    while (next < total && !ended) {
      signal?.throwIfAborted()
      const index = next++
      found[index] = await orUserError(inspect(index))
      if (!ended) onProgress?.({ done: ++done, total })
    }
  }
  try {
    await Promise.all(Array.from({ length: concurrency }, lane))
    signal?.throwIfAborted()
  } finally {
    ended = true
  }
  return reportOf(dataset, found)
}

async function inspectImage(dataset: Dataset, index: number, photos: boolean): Promise<LabelCounts> {
  const { mask } = await (photos ? readLabelledImage : readLabels)(dataset, index)
  return countLabels(mask)
}

export function countLabels(mask: Uint8Array): LabelCounts {
  const counts = new Float64Array(256)
  for (const label of mask) counts[label]++
  return [...counts.entries()].filter(([, pixels]) => pixels > 0)
}

async function orUserError<T>(work: Promise<T>): Promise<T | UserError> {
  try {
    return await work
  } catch (error) {
    if (error instanceof UserError) return error
    throw error
  }
}

function reportOf(dataset: Dataset, found: readonly (LabelCounts | UserError)[]): DatasetReport {
  const { classNames, name } = dataset
  const whole = datasetProblems(dataset, found)
  const onlyIgnored = whole.some(({ kind }) => kind === 'only 0 and 255')
  const images = imageProblems(dataset, found).filter(({ kind }) => !onlyIgnored || kind !== 'all ignored')
  const bad = new Set(images.map(({ index }) => index))
  const pixels = found.map(counts =>
    pixelsByClass(counts instanceof UserError ? [] : counts, classNames.length),
  )
  const good = pixels.filter((_, index) => !bad.has(index))
  const totals = classNames.map((_, id) => good.reduce((sum, counts) => sum + counts[id], 0))
  const labelled = totals.reduce((a, b) => a + b, 0)
  const missing = classNames.filter((_, id) => totals[id] === 0)
  return {
    problems: [...whole, ...images],
    warnings: missing.length > 0 && !onlyIgnored ? [`${name}: no pixel of ${nameListText(missing)}`] : [],
    shares: totals.map(count => (labelled > 0 ? count / labelled : 0)),
    pixels,
  }
}

function pixelsByClass(counts: LabelCounts, classes: number): number[] {
  const byClass: number[] = new Array(classes).fill(0)
  for (const [label, pixels] of counts) if (label < classes) byClass[label] = pixels
  return byClass
}

function imageProblems(
  { ids, classNames }: Dataset,
  found: readonly (LabelCounts | UserError)[],
): DatasetProblem[] {
  return found.flatMap((counts, index): DatasetProblem[] => {
    if (counts instanceof UserError) return [{ kind: 'unreadable', index, message: counts.message }]
    const [largest] = counts.findLast(([label]) => label !== IGNORE_INDEX) ?? []
    if (largest === undefined)
      return [{ kind: 'all ignored', index, message: `${ids[index]}: no pixel is labelled` }]
    if (largest < classNames.length) return []
    const message = oddClassText(ids[index], largest, classNames.length)
    return [{ kind: 'class out of range', index, message }]
  })
}

function datasetProblems(
  { name, classNames }: Dataset,
  found: readonly (LabelCounts | UserError)[],
): DatasetProblem[] {
  const duplicates = duplicateNames(classNames).map(
    (text): DatasetProblem => ({ kind: 'duplicate class', message: `${name}: ${text}` }),
  )
  return holdOnly0And255(found) ? [...duplicates, binaryMasks(name, classNames)] : duplicates
}

/** Many tools write 255 for the object and 0 for the rest. */
function holdOnly0And255(found: readonly (LabelCounts | UserError)[]): boolean {
  const labels = new Set<number>()
  for (const counts of found)
    if (!(counts instanceof UserError)) for (const [label] of counts) labels.add(label)
  return labels.size === 2 && labels.has(0) && labels.has(IGNORE_INDEX)
}

function binaryMasks(name: string, classNames: readonly string[]): DatasetProblem {
  const [background, other] = classNames.map(each => nameListText([each]))
  return {
    kind: 'only 0 and 255',
    message:
      `${name}: the masks hold only the values 0 and ${IGNORE_INDEX}, and ${IGNORE_INDEX} means "not labelled": all that is ` +
      `labelled is ${background}. Where ${IGNORE_INDEX} stands for ${other}, write its class id, 1, instead; ` +
      'docs/fine-tuning.md has a script for that',
  }
}
