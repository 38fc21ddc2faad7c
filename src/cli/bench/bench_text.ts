// What `atrous bench` prints for people.

import type { Ceilings } from '../../bench/ceilings.ts'
import type { KernelBench } from '../../bench/kernels.ts'
import type { Profile } from '../../bench/profile.ts'
import type { Rates } from '../../bench/rates.ts'
import type { Summary } from '../../bench/repeat.ts'
import type { Precision } from '../../kernels/layout.ts'
import { type Adapter, adapterName } from '../adapter.ts'
import { digits, table } from '../format.ts'
import { StreamedTable } from '../streamed_table.ts'
import type { BenchJob, BenchResult } from './bench_jobs.ts'

/** All that --json prints. */
export interface BenchReport {
  /** The package's version, and Node's. */
  atrous: string
  node: string
  adapter: Adapter
  /** Where kernels are timed. */
  ceilings?: Ceilings
  /** Of the jobs' convolutions, how many run as `atrous tune` measured to be fastest. */
  tuned: { convolutions: number; measured: number }
  /** As the user names it. */
  model: string
  precision: Precision
  results: BenchResult[]
  /** The chart's file, where one is asked for. */
  chart?: string
}

export const jobText = ({ size, outputStride, batch }: BenchJob): string =>
  `${size} px, output stride ${outputStride}, batch ${batch}`

/** What the numbers are of, and what the GPU gives at best. */
export function subjectText({ adapter, ceilings, tuned, model, precision }: BenchReport): string[] {
  return [
    `${model}${precision === 'fp16' ? ' in fp16' : ''} on ${adapterName(adapter)}`,
    ...(tuned.measured > 0
      ? [`tuned: ${tuned.measured} of ${tuned.convolutions} convolutions by what was measured here`]
      : []),
    ...(ceilings ? [ceilingsText(ceilings)] : []),
  ]
}

export const ceilingsText = ({ gflops, gigabytesPerSecond }: Ceilings): string =>
  `at best ${digits(gflops)} GFLOP/s of multiply-adds in registers, ${digits(gigabytesPerSecond)} GB/s of a copy`

/** Prints a heading, and then a row for each result that it is given. */
export function resultTable(): (result: BenchResult) => void {
  const headings = ['photo', ...SUMMARY, 'first', 'cold', 'images/s', 'GFLOP/s', 'GPU MB']
  const rows = new StreamedTable(headings, 34)
  return ({ milliseconds: { first, warm, cold }, imagesPerSecond, gflops, gpuBytes, ...job }) => {
    const rest = [first, cold?.total, imagesPerSecond, gflops, gpuBytes.peak / 1e6]
    rows.row([jobText(job), ...summaryCells(warm), ...rest.map(digits)])
  }
}

/** What the rows of the table have no room for, in paragraphs; there may be none. */
export function detailsText({ results, chart }: BenchReport): string[] {
  const kernels = results.flatMap(result => [
    ...(result.profile
      ? [`Each kernel in the network, ${jobText(result)}`, profileText(result.profile)]
      : []),
    ...(result.kernels ? [`Each kernel by itself, ${jobText(result)}`, kernelsText(result.kernels)] : []),
  ])
  return [...kernels, ...(chart ? [chart] : [])]
}

/** Two tables, by kernel and by op. */
export function profileText({ shaders, ops }: Profile): string {
  const times = (row: { milliseconds: number; share: number }) => [
    digits(row.milliseconds),
    percent(row.share),
  ]
  return [
    table(
      [
        ['kernel', 'dispatches', 'ms', 'share %', ...RATES],
        ...shaders.map(row => [row.shader, String(row.dispatches), ...times(row), ...ratesCells(row)]),
      ],
      { numbers: 1 },
    ),
    '',
    table(
      [
        ['op', 'kernel', 'ms', 'share %', ...RATES],
        ...ops.map(row => [row.op, row.shader, ...times(row), ...ratesCells(row)]),
      ],
      { numbers: 2 },
    ),
  ].join('\n')
}

function kernelsText(kernels: readonly KernelBench[]): string {
  const rows = kernels.map(({ op, shader, output, uses, milliseconds, ...rates }) => [
    ...[op, shader, output.join('×'), String(uses), ...summaryCells(milliseconds), ...ratesCells(rates)],
  ])
  return table([['op', 'kernel', 'output', 'uses', ...SUMMARY, ...RATES], ...rows], { numbers: 2 })
}

/** Headings for `summaryCells`. */
export const SUMMARY = ['median ms', 'min', 'IQR']
export const summaryCells = ({ median, minimum, interquartileRange }: Summary) =>
  [median, minimum, interquartileRange].map(digits)

/** Headings for `ratesCells`. */
export const RATES = ['GFLOP/s', 'GB/s', 'ceiling %', 'bound by']
export const ratesCells = ({ gflops, gigabytesPerSecond, ofCeiling, boundBy }: Rates) => [
  ...[gflops, gigabytesPerSecond, 100 * ofCeiling].map(digits),
  boundBy,
]

const percent = (share: number) => (100 * share).toFixed(1)
