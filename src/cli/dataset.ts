// Opens a dataset for a command, and checks it before anything is computed.

import type { DatasetReport } from '../data/check.ts'
import { UserError } from '../errors.ts'
import { channelsText } from '../inference/photo.ts'
import { checkDataset } from '../node/datasets/check.ts'
import type { FileDataset } from '../node/datasets/file_dataset.ts'
import { openDataset } from '../node/datasets/open.ts'
import { countBar } from './progress.ts'

export interface DatasetOptions {
  /** For example `voc:DIR`. */
  dataset: string
  split: string
  /** How many channels of their own the images have. Without it, they are photos. */
  channels?: number
  /** Use only so many images from the beginning. */
  limit?: number
  /** Whether images with problems are skipped. Otherwise such an image is an error. */
  skipBad?: boolean
}

interface CheckedDataset {
  /** The whole dataset. If bad images are skipped, `report` lists them. */
  dataset: FileDataset
  report: DatasetReport
}

/** The most problems that are listed one by one, and the most of them of one kind. */
const MAX_LINES = 20
const MAX_ALIKE = 3

/**
 * Opens and checks a dataset. Throws an error with a line for each problem. If images with problems are skipped, prints these
 * lines as warnings instead. A problem with the whole dataset is always an error.
 */
export async function openChecked(options: DatasetOptions): Promise<CheckedDataset> {
  const dataset = await openPart(options)
  const bar = countBar(dataset.size, 'images checked', { shown: true })
  const report = await checkDataset(dataset, { onProgress: bar.step }).finally(bar.stop)
  const lines = problemLines(report)
  const canSkip = report.problems.every(({ index }) => index !== undefined)
  if (lines.length > 0 && !(canSkip && options.skipBad)) {
    const isAll = report.problems.length >= dataset.size // then nothing would be left
    const advice = canSkip && !isAll ? ['--skip-bad leaves them out'] : []
    throw new AggregateError([...lines, ...advice].map(line => new UserError(line)))
  }
  for (const line of [...lines, ...report.warnings]) console.warn(`warning: ${line}`)
  return { dataset, report }
}

/** Throws a UserError where a model takes other channels than `--channels` says of the dataset's images. Undefined stands for photos. */
export function checkDatasetChannels(given: number | undefined, taken: number | undefined): void {
  if (given === taken) return
  const advice = taken === undefined ? 'leave out --channels' : `give --channels ${taken}`
  throw new UserError(`the model takes ${channelsText(taken)}: ${advice}, and a dataset of such images`)
}

/** The dataset without images that have problems. Throws a UserError if none remain. */
export function soundImages({ dataset, report }: CheckedDataset): FileDataset {
  if (report.problems.length === 0) return dataset
  const bad = new Set(report.problems.map(({ index }) => index))
  return dataset.select([...dataset.items.keys()].filter(index => !bad.has(index)))
}

async function openPart({
  dataset: description,
  split,
  channels,
  limit,
}: DatasetOptions): Promise<FileDataset> {
  const dataset = await openDataset(description, { split, channels })
  if (limit === undefined || limit >= dataset.size) return dataset
  return dataset.select(Array.from({ length: limit }, (_, index) => index))
}

/** A problem that many images share is one line. */
function problemLines({ problems }: DatasetReport): string[] {
  const alike = new Map<string, string[]>()
  for (const { message } of problems) {
    const what = message.slice(message.indexOf(': ') + 1)
    const others = alike.get(what)
    if (others) others.push(message)
    else alike.set(what, [message])
  }
  const lines = [...alike.values()].flatMap(messages =>
    messages.length <= MAX_ALIKE
      ? messages
      : [`${messages[0]} (and the same of ${messages.length - 1} others)`],
  )
  const more = lines.length - MAX_LINES
  return more > 0 ? [...lines.slice(0, MAX_LINES), `${more} more such problems`] : lines
}
