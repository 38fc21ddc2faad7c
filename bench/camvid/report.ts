// The report of the CamVid benchmark: a table beside published rows.

import { readFileSync } from 'node:fs'
import type { Scores, Way } from './scores.ts'

interface Published {
  source: string
  rows: { network: string; size: string; mIoU: number | string }[]
}

const published: Published = JSON.parse(readFileSync(new URL('./published.json', import.meta.url), 'utf8'))

export interface Result {
  /** The number of training photos. */
  photos: string
  steps: number
  scores: Scores
}

/** Markdown: mean IoU and IoU of each class in per cent, one row for each way of inference. */
export function reportOf(results: readonly Result[]): string {
  const [first] = results.flatMap(({ scores }) => Object.values(scores))
  const names = first.classes.map(({ name }) => name)
  const rows = results.flatMap(({ photos, scores }) =>
    Object.entries(scores).map(([way, { mIoU, classes }]) => [
      photos,
      way as Way,
      `**${percent(mIoU)}**`,
      ...classes.map(({ iou }) => percent(iou)),
    ]),
  )
  return [
    'CamVid, validation split (101 photos), IoU in per cent.',
    '',
    ...markdown(['photos', 'inference', 'mean', ...names], rows),
    '',
    published.source,
    '',
    ...markdown(
      ['network', 'photos’ size', 'mean'],
      published.rows.map(({ network, size, mIoU }) => [network, size, String(mIoU)]),
    ),
    '',
  ].join('\n')
}

export const percent = (share: number | null) => (share === null ? '–' : (share * 100).toFixed(1))

export function markdown(headings: string[], rows: string[][]): string[] {
  return [headings, headings.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`)
}
