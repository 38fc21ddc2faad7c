// The results as text.

import { digits, table } from '../../src/cli/format.ts'
import type { Analysis, Row } from './analysis.ts'
import { type AnyGpu, isTimed, peakOf } from './gpus.ts'
import type { Mix } from './program.ts'

const HEADINGS = [
  ...[
    'shader',
    'bound by',
    'uses',
    'workgroups',
    'lanes',
    'wave',
    'registers',
    'spills',
    'scratch',
    'shared',
    'waves',
  ],
  ...['instructions', 'multiply-adds', 'hot loop', 'of it', 'ms', 'roofline'],
]

/** What there is not for a GPU without estimates. */
const ESTIMATED = new Set(['bound by', 'multiply-adds', 'hot loop', 'of it', 'ms', 'roofline', 'ratio'])

/** The columns that there are for the GPU; the headings are the first line. */
function columnsFor(gpu: AnyGpu, lines: string[][]): string[][] {
  return lines.map(line => line.filter((_, i) => isTimed(gpu) || !ESTIMATED.has(lines[0][i])))
}

export function reportText(analysis: Analysis, title: string, gpu: AnyGpu): string {
  const { adapter, driver, dispatches, macs, rows } = analysis
  return [
    `## ${title}${adapter && `, to WebGPU ${adapter}; ${driver}`}`,
    `${dispatches} dispatches of ${rows.length} pipelines, ${digits(macs / 1e9)} G multiply-adds. ${timesText(analysis, gpu)}`,
    '',
    table(columnsFor(gpu, [HEADINGS, ...rows.map(cells)]), { numbers: isTimed(gpu) ? 2 : 1 }),
    ...rows.flatMap(row => remarks(row).map(remark => `! ${nameOf(row)}: ${remark}`)),
    '',
  ].join('\n')
}

function timesText({ milliseconds, roofline }: Analysis, gpu: AnyGpu): string {
  if (!isTimed(gpu)) return `Compiled for ${gpu.product}; there is no estimate of its times`
  const peak = `${digits((2 * peakOf(gpu)) / 1e12)} TFLOP/s, ${gpu.bandwidth} GB/s`
  return `Estimated for ${gpu.product} (${peak}): ${digits(milliseconds)} ms; roofline ${digits(roofline)} ms`
}

function remarks({ broken, flags }: Row): string[] {
  const rules = Object.entries(broken).map(
    ([rule, value]) => `${value} ${rule === 'scratch' ? 'bytes of scratch' : rule}`,
  )
  return rules.length > 0 ? [rules.join(', '), ...flags] : flags
}

const nameOf = ({ shader, variant }: Pick<Row, 'shader' | 'variant'>): string =>
  variant === '' ? shader : `${shader} (${variant})`

function cells(row: Row): string[] {
  const { bounds, uses, workgroups, lanes, program, mix, hot, milliseconds, roofline } = row
  const [least, most] = workgroups
  return [
    nameOf(row),
    bounds
      .slice(0, 2)
      .map(({ bound, share }) => `${bound} ${percent(share)}`)
      .join(', '),
    String(uses),
    least === most ? String(least) : `${least}–${most}`,
    String(lanes),
    ...(program
      ? [
          String(program.wave),
          String(program.registers),
          `${program.spills}/${program.fills}`,
          String(program.scratch),
          String(program.shared),
          String(program.waves),
          String(program.size),
        ]
      : ['', '', '', '', '', '', '']),
    String(mix?.multiplies ?? ''),
    hot ? mixText(hot) : '–',
    hot ? percent(hot.share) : '–',
    digits(milliseconds),
    percent(roofline / milliseconds),
  ]
}

/** Multiply-adds / arithmetic / workgroup memory / memory / scratch / all. */
const mixText = ({ multiplies, arithmetic, shared, memory, scratch, all }: Mix) =>
  [multiplies, arithmetic, shared, memory, scratch, all].join('/')

const percent = (share: number) => `${(100 * share).toFixed(0)} %`

/** Each shader before and after, of all its pipelines together. */
export function comparisonText(before: Analysis, after: Analysis, gpu: AnyGpu): string {
  const names = [...new Set([...after.rows, ...before.rows].map(({ shader }) => shader))]
  const rows = names.map(name => {
    const [old, now] = [before, after].map(({ rows }) => summed(rows.filter(({ shader }) => shader === name)))
    const pairs = [
      [old.uses, now.uses],
      [old.spills, now.spills],
      [old.scratch, now.scratch],
      [old.waves, now.waves],
      [percent(old.share), percent(now.share)],
      [digits(old.milliseconds), digits(now.milliseconds)],
    ]
    const ratio = old.uses && now.uses ? (now.milliseconds / old.milliseconds).toFixed(2) : ''
    return [name, ...pairs.map(([a, b]) => (a === b ? String(a) : `${a} → ${b}`)), ratio]
  })
  const headings = ['shader', 'uses', 'spills', 'scratch', 'waves', 'hot loop', 'ms', 'ratio']
  const [first, last] = [before, after].map(({ milliseconds }) => digits(milliseconds))
  const ratio = (after.milliseconds / before.milliseconds).toFixed(2)
  const total = `${before.dispatches} → ${after.dispatches} dispatches`
  const times = isTimed(gpu) ? `, ${first} → ${last} ms: ${ratio}` : ''
  return [table(columnsFor(gpu, [headings, ...rows]), { numbers: 1 }), '', total + times, ''].join('\n')
}

/** The worst of a shader's pipelines, and the sum of their times; the share is that of the one which takes longest. */
function summed(rows: readonly Row[]) {
  const sum = (of: (row: Row) => number) => rows.reduce((total, row) => total + of(row), 0)
  const worst = (of: (row: Row) => number) => Math.max(0, ...rows.map(of))
  const waves = rows.map(({ program }) => program?.waves ?? 0)
  return {
    uses: sum(({ uses }) => uses),
    spills: worst(({ program }) => (program ? program.spills + program.fills : 0)),
    scratch: worst(({ program }) => program?.scratch ?? 0),
    waves: rows.length > 0 ? Math.min(...waves) : 0,
    share: rows[0]?.hot?.share ?? 0,
    milliseconds: sum(({ milliseconds }) => milliseconds),
  }
}

/** How much longer onnxruntime takes, by the same model. */
export const ratioText = (own: Analysis, theirs: Analysis): string =>
  `onnxruntime ${digits(theirs.milliseconds)} ms in ${theirs.dispatches} dispatches, ` +
  `this package ${digits(own.milliseconds)} ms in ${own.dispatches}: ${digits(theirs.milliseconds / own.milliseconds)} times as long\n`
