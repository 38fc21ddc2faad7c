// The text output of `atrous bench`.

import { type Adapter, adapterName } from '../../bench/adapter.ts'
import type { Ceilings } from '../../bench/ceilings.ts'
import type { KernelBench } from '../../bench/kernels.ts'
import type { Profile } from '../../bench/profile.ts'
import type { Rates } from '../../bench/rates.ts'
import type { Summary } from '../../bench/repeat.ts'
import type { Precision } from '../../kernels/layout.ts'
import { digits, StreamedTable, table } from '../format.ts'
import type { BenchJob, BenchResult } from './bench_jobs.ts'

/** The output of --json. */
export interface BenchReport {
  /** The version of this package and of Node. */
  atrous: string
  node: string
  adapter: Adapter
  /** Present if kernels are timed. */
  ceilings?: Ceilings
  /** The number of convolutions in the jobs, and how many of them `atrous tune` has measured. */
  tuned: { convolutions: number; measured: number }
  /** The name that the user gave. */
  model: string
  precision: Precision
  results: BenchResult[]
  /** The chart's file, if one is requested. */
  chart?: string
}

export const jobText = ({ size, outputStride, batch }: BenchJob): string =>
  `${size} px, output stride ${outputStride}, batch ${batch}`

/** The lines about the model and the GPU, with the GPU's peaks. */
export function subjectText({ adapter, ceilings, tuned, model, precision }: BenchReport): string[] {
  return [
    `${model}${precision === 'fp16' ? ' in fp16' : ''} on ${adapterName(adapter)}`,
    ...(tuned.measured > 0
      ? [`tuned: ${tuned.measured} of ${tuned.convolutions} convolutions by measurements on this GPU`]
      : []),
    ...(ceilings ? [ceilingsText(ceilings)] : []),
  ]
}

export const ceilingsText = ({ gflops, gigabytesPerSecond }: Ceilings): string =>
  `peaks: ${digits(gflops)} GFLOP/s of multiply-adds in registers, ${digits(gigabytesPerSecond)} GB/s of a copy`

/** Prints the headings. Returns a function that prints a row for a result. */
export function resultTable(): (result: BenchResult) => void {
  const headings = ['photo', ...SUMMARY, 'first', 'cold', 'images/s', 'GFLOP/s', 'GPU MB']
  const rows = new StreamedTable(headings, 34)
  return ({ milliseconds: { first, warm, cold }, imagesPerSecond, gflops, gpuBytes, ...job }) => {
    const rest = [first, cold?.total, imagesPerSecond, gflops, gpuBytes.peak / 1e6]
    rows.row([jobText(job), ...summaryCells(warm), ...rest.map(digits)])
  }
}

/** Details after the table, in paragraphs; there may be none. */
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
