// A dataset that a command is given: opened, and looked through before anything is computed with it.

import type { DatasetReport } from '../data/check.ts'
import { UserError } from '../errors.ts'
import { checkDataset } from '../node/datasets/check.ts'
import type { FileDataset } from '../node/datasets/file_dataset.ts'
import { openDataset } from '../node/datasets/open.ts'
import { countBar } from './progress.ts'

export interface DatasetOptions {
  /** As `voc:DIR`. */
  dataset: string
  split: string
  /** Only the first so many images. */
  limit?: number
  /** Whether images that have problems are left out or skipped; else one of them is an error. */
  skipBad?: boolean
}

export interface CheckedDataset {
  /** All of it: where bad images are to be skipped, `report` says which those are. */
  dataset: FileDataset
  report: DatasetReport
}

/** Problems that are told one by one. */
const MAX_LINES = 20

/**
 * Throws an error of a line for each problem, unless images that have problems are to be skipped: then those are warnings.
 * What is wrong with the whole dataset is an error in any case.
 */
export async function openChecked(options: DatasetOptions): Promise<CheckedDataset> {
  const dataset = await openPart(options)
  const bar = countBar(dataset.size, 'images checked', { shown: true })
  const report = await checkDataset(dataset, { onProgress: bar.step }).finally(bar.stop)
  const lines = problemLines(report)
  const canSkip = report.problems.every(({ index }) => index !== undefined)
  if (lines.length > 0 && !(canSkip && options.skipBad)) {
    const advice = canSkip ? ['--skip-bad goes on without them'] : []
    throw new AggregateError([...lines, ...advice].map(line => new UserError(line)))
  }
  for (const line of [...lines, ...report.warnings]) console.warn(`warning: ${line}`)
  return { dataset, report }
}

/** Only the images without a problem. Throws a UserError where there is none. */
export function soundImages({ dataset, report }: CheckedDataset): FileDataset {
  if (report.problems.length === 0) return dataset
  const bad = new Set(report.problems.map(({ index }) => index))
  return dataset.select([...dataset.items.keys()].filter(index => !bad.has(index)))
}

async function openPart({ dataset: description, split, limit }: DatasetOptions): Promise<FileDataset> {
  const dataset = await openDataset(description, { split })
  if (limit === undefined || limit >= dataset.size) return dataset
  return dataset.select(Array.from({ length: limit }, (_, index) => index))
}

function problemLines({ problems }: DatasetReport): string[] {
  const lines = problems.slice(0, MAX_LINES).map(({ message }) => message)
  return problems.length > MAX_LINES ? [...lines, `${problems.length - MAX_LINES} more such problems`] : lines
}
