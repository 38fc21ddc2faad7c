// The results as text.

import { digits, table } from '../../src/cli/format.ts'
import type { Analysis, Row } from './analysis.ts'
import { type AnyGpu, peakOf } from './gpus.ts'
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
  ...['multiply-adds', 'hot loop', 'of it', 'ms', 'roofline'],
]

export function reportText(analysis: Analysis, title: string, gpu: AnyGpu): string {
  const { adapter, dispatches, macs, milliseconds, roofline, rows } = analysis
  const teraflops = (2 * peakOf(gpu)) / 1e12
  return [
    `## ${title}, to WebGPU ${adapter}`,
    `${dispatches} dispatches of ${rows.length} pipelines, ${digits(macs / 1e9)} G multiply-adds. Estimated for ${gpu.product} ` +
      `(${digits(teraflops)} TFLOP/s, ${gpu.bandwidth} GB/s): ${digits(milliseconds)} ms; roofline ${digits(roofline)} ms`,
    '',
    table([HEADINGS, ...rows.map(cells)], { numbers: 2 }),
    ...rows.flatMap(({ flags, shader, variant }) =>
      flags.map(flag => `! ${nameOf({ shader, variant })}: ${flag}`),
    ),
    '',
  ].join('\n')
}

export const nameOf = ({ shader, variant }: Pick<Row, 'shader' | 'variant'>): string =>
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
        ]
      : ['', '', '', '', '', '']),
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
