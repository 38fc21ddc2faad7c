// The matrix as text.

import { adapterName } from '../../src/bench/adapter.ts'
import { table } from '../../src/cli/format.ts'
import { type Finding, type PartName, partNames } from './probe/report.ts'
import type { CellResult } from './run_cell.ts'

const HEADINGS = ['cell', 'state', ...partNames, 'time', 'adapter']

/** A row for each cell, then what failed and why. */
export function matrixText(results: readonly CellResult[]): string {
  const rows = results.map(result => [
    ...[result.cell, result.state, ...partNames.map(part => partText(result, part))],
    `${result.seconds.toFixed(0)} s`,
    result.report?.adapter ? adapterName(result.report.adapter) : '',
  ])
  return [table([HEADINGS, ...rows]), ...results.flatMap(detailsOf)].join('\n')
}

/** `41`, all of which passed, or `2 of 43 failed`. */
function partText({ report }: CellResult, name: PartName): string {
  const part = report?.parts.find(each => each.part === name)
  if (!part) return '–'
  const { passed, failed, skipped } = part
  const count = failed.length > 0 ? `${failed.length} of ${passed + failed.length} failed` : String(passed)
  return skipped.length > 0 ? `${count}, ${skipped.length} skipped` : count
}

function detailsOf({ cell, reason, report }: CellResult): string[] {
  const failed = report?.parts.flatMap(each => each.failed) ?? []
  const lines = [...(reason === undefined ? [] : [reason]), ...failed.map(findingText)]
  return lines.length > 0 ? ['', `${cell}:`, ...lines.map(line => `  ${line}`)] : []
}

const findingText = ({ name, reason }: Finding) => `${name}: ${reason}`
