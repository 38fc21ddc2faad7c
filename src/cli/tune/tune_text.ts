// The text output of `atrous tune`.

import { type Adapter, adapterName } from '../../bench/adapter.ts'
import type { TunedConvolution } from '../../graph/tune/tune.ts'
import type { BenchJob } from '../bench/bench_jobs.ts'
import { jobText } from '../bench/bench_text.ts'
import { digits, table } from '../format.ts'
import type { EndSignal } from '../interrupt.ts'

/** The output of --json. */
export interface TuneReport extends BenchJob {
  adapter: Adapter
  /** The name that the user gave. */
  model: string
  /** The time spent measuring. */
  seconds: number
  /** Whether the convolutions are those of a training step. */
  training?: boolean
  /** The number of distinct convolutions in the network for which there is more than one kernel. */
  convolutions: number
  /** The convolutions measured in the time available, the most expensive first. */
  measured: TunedConvolution[]
  /** Milliseconds per call of the whole network, with the table's kernels and as tuned, if these differ. */
  network?: { untuned: number; tuned: number }
  /** The file with the measurements. */
  file: string
  /** The signal that ended it early. */
  interrupted?: EndSignal
}

export function tuneText(report: TuneReport): string {
  const { adapter, model, convolutions, measured, seconds, network, file } = report
  const purpose = report.training ? ', for training' : ''
  const subject = `${model} on ${adapterName(adapter)}: ${jobText(report)}${purpose}`
  if (convolutions === 0) return `${subject}\n\nthere is only one kernel for every convolution on this GPU`
  const faster = measured.filter(({ untuned, fastest }) => untuned !== fastest).length
  return [
    subject,
    '',
    ...(measured.length > 0 ? [convolutionsText(measured), ''] : []),
    `${measured.length} of ${convolutions} convolutions measured in ${digits(seconds)} s${advice(report)}`,
    `faster than by the table: ${faster}`,
    ...(network ? [networkText(network)] : []),
    ...(measured.length > 0 ? [file] : []),
  ].join('\n')
}

const advice = ({ convolutions, measured }: TuneReport) =>
  measured.length < convolutions ? '; more with --seconds' : ''

function convolutionsText(measured: readonly TunedConvolution[]): string {
  const rows = measured.map(({ convolution, layers, untuned, fastest, milliseconds }) => {
    const [before, after] = [milliseconds[untuned], milliseconds[fastest]]
    const differs = fastest !== untuned
    const gain = before !== undefined && after !== undefined ? (before / after - 1) * 100 : undefined
    return [
      ...[convolution, untuned, differs ? fastest : ''],
      ...[String(layers), digits(before), ...(differs ? [digits(after), digits(gain)] : ['', ''])],
    ]
  })
  const headings = ['convolution', 'by the table', 'fastest', 'layers', 'ms', 'ms', 'faster %']
  return table([headings, ...rows], { numbers: 3 })
}

const networkText = ({ untuned, tuned }: { untuned: number; tuned: number }): string =>
  `the whole network: ${digits(untuned)} ms by the table, ${digits(tuned)} ms as tuned`
