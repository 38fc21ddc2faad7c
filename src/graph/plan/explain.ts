// A plan as text: what runs, over which shapes, at what cost, and where it lies in memory.

import { type Kernel, trafficOf } from '../../gpu/kernel.ts'
import type { Placement } from './placements.ts'
import { type Plan, weightBytes } from './plan.ts'

/** One line a step (kernel, shape, multiply-adds, bytes moved, arena offset, after the buffer if there are several), then the totals. */
export function explain(plan: Plan): string {
  const { steps, placements, arenaBuffers, arenaBytes } = plan
  const place = ({ buffer, offset }: Placement) =>
    arenaBuffers.length > 1 ? `${buffer}: ${offset}` : String(offset)
  const rows = steps.map(({ op, kernel }) => {
    const placement = placements.get(op.output)
    return [
      kernel.label,
      variantOf(kernel),
      `[${op.output.shape.join(' × ')}]`,
      kernel.macs ? (kernel.macs / 1e9).toFixed(3) : '',
      (trafficOf(kernel) / 1e6).toFixed(2),
      placement ? place(placement) : '',
    ]
  })
  const macs = steps.reduce((sum, { kernel }) => sum + (kernel.macs ?? 0), 0)
  return [
    ...table([['op', 'kernel', 'output', 'GMAC', 'MB moved', 'arena offset'], ...rows]),
    '',
    `${steps.length} dispatches, ${(macs / 1e9).toFixed(2)} GMAC, arena ${(arenaBytes / 1e6).toFixed(1)} MB, weights ${(weightBytes(plan) / 1e6).toFixed(1)} MB`,
  ].join('\n')
}

/** The shader with what tells its variants apart. */
function variantOf(kernel: Kernel): string {
  const tile = Object.values(kernel.constants ?? {}).join('×')
  return tile ? `${kernel.shader.name} ${tile}` : kernel.shader.name
}

/** Columns padded to their widest cell: text to the left, numbers (all but the first three columns) to the right. */
function table(rows: string[][]): string[] {
  const widths = rows[0].map((_, column) => Math.max(...rows.map(row => row[column].length)))
  const pad = (cell: string, column: number) =>
    column < 3 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])
  return rows.map(row => row.map(pad).join('  ').trimEnd())
}
