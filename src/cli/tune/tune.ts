// `atrous tune`: measures which kernels are fastest for a network on this GPU.

import { Command, Option } from 'commander'
import { type Adapter, adapterName, describeAdapter } from '../../bench/adapter.ts'
import type { Gpu } from '../../gpu/gpu.ts'
import type { TunedConvolution } from '../../graph/tune/tune.ts'
import type { Precision } from '../../kernels/layout.ts'
import { shownSource } from '../../library/downloads.ts'
import type { Tuning } from '../../library/tuning.ts'
import { EXACT_TIMESTAMPS, openGpu } from '../../node/gpu/dawn.ts'
import { openTuning, tuningFile } from '../../node/tuning.ts'
import type { BenchJob } from '../bench/bench_jobs.ts'
import { type BenchModel, findBenchModel } from '../bench/bench_model.ts'
import { jobText } from '../bench/bench_text.ts'
import { digits, table } from '../format.ts'
import { optionFlag } from '../inference_options.ts'
import { catchSignals, type EndSignal } from '../interrupt.ts'
import { checkReachable, DEFAULT_MODEL } from '../model.ts'
import { positiveInteger, precisionOption } from '../options.ts'
import { type StageBar, stageBar } from '../progress.ts'
import { quietableAction } from '../quiet.ts'
import { inferenceJob, trainingJob } from './tune_jobs.ts'

const NOTES = `
A convolution can be computed by several kernels, with tiles of many sizes.
Which is fastest depends on its shape and on the GPU. Without measurements, a
small table chooses. This command runs kernels on noise, the most expensive
layers first. Of some hundred candidates it tries those that may be faster than
the best so far, as far as it has seen, and keeps the fastest on disk, for this
adapter, its driver and this version of the kernels. All other commands and the
library use the result. Masks do not depend on it, except for rounding. On a
hardware GPU the library also measures by itself, for 10 s, after it has
segmented photos of a new size.

With --training it measures the convolutions of a training step and their
gradients. The order of sums depends on the kernels, so a run that starts
afterwards learns slightly different weights. Its checkpoints keep the kernels:
a resumed run has the same bits, whatever was tuned since.

Ctrl-C, SIGTERM and SIGHUP end it early, with exit codes 130, 143 and 129, and
keep the measurements made so far.

Measurements are valid for one size, output stride, batch and precision: tune
for those that you use. A model is any model that atrous bench takes; its
weights do not matter.

If other kernels than the table's are faster, calls of the whole network are
timed as well, alternately with the table's choice and as tuned.

Examples:
  atrous tune                       the default network
  atrous tune --model resnet50 --size 513 --output-stride 8
  atrous tune --photo photo.jpg     for photos of this shape
  atrous tune --training --size 257 --batch 8
  atrous tune --forget              use the table again`

interface Options {
  model: string
  size?: number
  photo?: string
  outputStride?: number
  batch: number
  precision: Precision
  seconds: number
  training?: true
  freezeBatchNorm?: true
  forget?: true
  json?: true
}

export function tuneCommand(): Command {
  const command = new Command('tune')
    .description(
      'Measures which kernels are fastest for a network on this GPU, and keeps the result for later use.',
    )
    .option('-m, --model <model>', 'a preset or a trained model, as for bench', DEFAULT_MODEL)
    .addOption(optionFlag('size'))
    .option('--photo <file>', 'a photo with the shape to tune for (default: a square)')
    .addOption(optionFlag('outputStride'))
    .option('--batch <n>', 'photos per call', positiveInteger, 1)
    .addOption(precisionOption())
    .option('--seconds <n>', 'the longest time to measure', positiveInteger, 60)
    .addOption(
      new Option(
        '--training',
        'for training, on crops of --size pixels,\n--batch at a time (the micro-batch)',
      ).conflicts(['photo', 'precision']),
    )
    .option('--freeze-batch-norm', 'with --training, as for train')
    .option('--forget', 'delete the measurements for this GPU, and measure nothing')
    .option('--json', 'print an object')
    .addHelpText('after', NOTES)
  return quietableAction(command, run)
}

async function run(options: Options): Promise<void> {
  const { precision } = options
  const model = options.forget ? undefined : { ...(await findBenchModel(options.model)), precision }
  if (model && options.outputStride !== undefined)
    checkReachable(options.outputStride, options.model, model.config)
  const gpu = await openGpu({ features: [EXACT_TIMESTAMPS] })
  try {
    const tuning = await openTuning(gpu)
    if (model) await tune(gpu, { model, options, tuning })
    else await forget(tuning, options)
  } finally {
    gpu.destroy()
  }
}

async function forget(tuning: Tuning, { json }: Options): Promise<void> {
  const forgotten = tuning.variants.size
  await tuning.forget()
  const text = `${forgotten} convolutions forgotten: ${tuningFile()}`
  console.log(json ? JSON.stringify({ forgotten, file: tuningFile() }) : text)
}

interface Subject {
  model: BenchModel
  options: Options
  tuning: Tuning
}

async function tune(gpu: Gpu, { model, options, tuning }: Subject): Promise<void> {
  const { batch, training } = options
  const { size = model.preprocessing.size, outputStride = model.config.outputStride } = options
  const given = { model, tuning, size, outputStride, batch }
  const job = training
    ? trainingJob(gpu, { ...given, freezeBatchNorm: options.freezeBatchNorm })
    : await inferenceJob(gpu, { ...given, photo: options.photo })
  const start = performance.now()
  const interrupt = catchSignals()
  let bar: StageBar | undefined
  let convolutions = 0
  try {
    const measured = await job.measure({
      seconds: options.seconds,
      signal: interrupt.signal,
      onProgress({ done, total, convolution }) {
        convolutions = total
        bar ??= stageBar(total + 1)
        bar.show(done, convolution)
      },
    })
    const report: TuneReport = {
      adapter: describeAdapter(gpu),
      model: shownSource(options.model),
      size,
      outputStride,
      batch,
      training,
      seconds: (performance.now() - start) / 1000,
      convolutions,
      measured,
      file: tuningFile(),
    }
    if (measured.length > 0) await tuning.save()
    if (!interrupt.error && measured.some(({ untuned, fastest }) => untuned !== fastest)) {
      bar?.show(convolutions, 'the whole network')
      report.network = await job.compare?.(interrupt)
    }
    bar?.hide()
    const { error } = interrupt
    report.interrupted = error?.signal
    console.log(options.json ? JSON.stringify(report, undefined, 1) : tuneText(report))
    if (error) throw error
  } finally {
    interrupt.release()
    bar?.hide()
    await job.dispose()
  }
}

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
