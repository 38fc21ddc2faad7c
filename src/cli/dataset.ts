// A dataset that a command is given: opened, and looked through before anything is computed with it.

import { checkDataset, type DatasetReport } from '../data/check.ts'
import { UserError } from '../errors.ts'
import type { FileDataset } from '../node/datasets/file_dataset.ts'
import { openDataset } from '../node/datasets/open.ts'
import { countBar } from './progress.ts'

export interface DatasetOptions {
  /** As `voc:DIR`. */
  dataset: string
  split: string
  /** Only the first so many images. */
  limit?: number
  /** Whether images that have problems are left out; else one of them is an error. */
  skipBad?: true
}

export interface CheckedDataset {
  dataset: FileDataset
  /** Of its images. */
  report: DatasetReport
}

/** Problems that are told one by one. */
const MAX_LINES = 20

/** Throws an error of a line for each problem, unless they are to be skipped: then they are warnings. */
export async function openChecked(options: DatasetOptions): Promise<CheckedDataset> {
  const dataset = await openPart(options)
  const bar = countBar(dataset.size, 'images checked', { shown: true })
  const report = await checkDataset(dataset, { onProgress: bar.step }).finally(bar.stop)
  if (report.problems.length === 0) return { dataset, report }
  const lines = problemLines(report)
  if (!options.skipBad)
    throw new AggregateError([...lines, '--skip-bad goes on without them'].map(line => new UserError(line)))
  for (const line of lines) console.warn(`warning: ${line}`)
  return withoutBad(dataset, report)
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

function withoutBad(dataset: FileDataset, report: DatasetReport): CheckedDataset {
  const bad = new Set(report.problems.map(({ index }) => index))
  const good = [...dataset.items.keys()].filter(index => !bad.has(index))
  const pixels = good.map(index => report.pixels[index])
  return { dataset: dataset.select(good), report: { ...report, problems: [], pixels } }
}
