// A comparison as text.

import { basename } from 'node:path'
import { bytesText, digits, percentText, table } from '../format.ts'
import type { ComparedNumbers } from './compare_model.ts'

/** The column of mean IoU is there only if a model has one. */
export function comparisonTable(results: readonly ComparedNumbers[]): string {
  const hasScores = results.some(({ mIoU }) => mIoU !== undefined)
  const rows = results.map(result => [
    result.model,
    result.crf ? 'with CRF' : result.trained ? '' : 'untrained',
    ...(hasScores ? [result.mIoU === undefined ? '–' : percentText(result.mIoU)] : []),
    (result.multiplyAdds / 1e9).toFixed(2),
    (result.parameters / 1e6).toFixed(2),
    digits(result.milliseconds),
    bytesText(result.gpuBytes),
  ])
  const headings = ['G multiply-adds', 'M parameters', 'ms', 'GPU']
  return table([['model', '', ...(hasScores ? ['mean IoU'] : []), ...headings], ...rows], { numbers: 2 })
}

/** A model of a path by the path's last part. */
export const pictureTitle = ({ model, crf, mIoU, milliseconds }: ComparedNumbers): string =>
  [
    basename(model),
    ...(crf ? ['CRF'] : []),
    ...(mIoU === undefined ? [] : [percentText(mIoU)]),
    `${digits(milliseconds)} ms`,
  ].join(' · ')
