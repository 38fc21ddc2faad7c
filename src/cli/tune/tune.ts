// `atrous tune`: which kernels are fastest for a network on this GPU.

import { Command } from 'commander'
import { compare } from '../../bench/compare.ts'
import { noisePhoto, squareSize } from '../../bench/noise.ts'
import type { Image } from '../../data/image.ts'
import type { Gpu } from '../../gpu/gpu.ts'
import { type InferenceOptions, Segmenter } from '../../inference/segmenter.ts'
import type { Precision } from '../../kernels/layout.ts'
import { shownSource } from '../../node/downloads/shown_url.ts'
import { EXACT_TIMESTAMPS, openGpu } from '../../node/gpu/dawn.ts'
import { pixelsOn, readImage } from '../../node/images/image.ts'
import { openTuning, type Tuning, tuningFile } from '../../node/tuning.ts'
import { describeAdapter } from '../adapter.ts'
import { type BenchModel, findBenchModel } from '../bench/bench_model.ts'
import { catchSignals, type Interrupt, unlessInterrupted } from '../interrupt.ts'
import { checkReachable, DEFAULT_MODEL } from '../model.ts'
import { positiveInteger, precisionOption } from '../options.ts'
import { type StageBar, stageBar } from '../progress.ts'
import { quietableAction } from '../quiet.ts'
import { type TuneReport, tuneText } from './tune_text.ts'

const NOTES = `
A convolution can be computed in several ways, and which is fastest depends on
its shape and on the GPU. Where nothing was measured, a small table says which
to take. This command runs each of them on noise, the dearest layers first, and
keeps the fastest on disk, for this adapter, its driver and these kernels; all
other commands and the library choose by it. Results do not depend on it but
for rounding. On a GPU the library also measures by itself, for 10 s, once it
has segmented photos of a new size.

Ctrl-C, SIGTERM and SIGHUP end it early, with exit codes 130, 143 and 129; what
was measured by then is kept.

Measurements hold for one size, output stride, batch and precision: tune for
those that you use. A model is what atrous bench takes; its weights do not
matter here.

Where other variants won, some calls of the whole network are timed as well,
by the table and as tuned, turn about.

Examples:
  atrous tune                       the default network
  atrous tune --model resnet50 --size 513 --output-stride 8
  atrous tune --photo photo.jpg     for photos of that shape
  atrous tune --forget              choose by the table again`

interface Options {
  model: string
  size?: number
  photo?: string
  outputStride?: number
  batch: number
  precision: Precision
  seconds: number
  forget?: true
  json?: true
}

/** Calls of the network, each way. */
const CALLS = { atLeast: 3, milliseconds: 2000 }

export function tuneCommand(): Command {
  const command = new Command('tune')
    .description(
      'Measures which kernels are fastest for a network on this GPU, and keeps that for later runs.',
    )
    .option('-m, --model <model>', 'a preset or a trained model, as for bench', DEFAULT_MODEL)
    .option(
      '--size <pixels>',
      "longest edge of a photo as the network sees it\n(default: the model's)",
      positiveInteger,
    )
    .option('--photo <file>', 'a photo of the shape to tune for (default: a square)')
    .option('--output-stride <n>', "8 or 16, say (default: the model's)", positiveInteger)
    .option('--batch <n>', 'photos in a call', positiveInteger, 1)
    .addOption(precisionOption())
    .option('--seconds <n>', 'how long to measure, at most', positiveInteger, 60)
    .option('--forget', 'forget what was measured on this GPU, and measure nothing')
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
  const { seconds, photo, batch } = options
  const { size = model.preprocessing.size, outputStride = model.config.outputStride } = options
  const image = photo === undefined ? undefined : await readImage(photo, { maxPixels: pixelsOn(gpu) })
  const segmenter = new Segmenter(gpu, model, tuning.variants)
  const start = performance.now()
  const interrupt = catchSignals()
  let bar: StageBar | undefined
  let convolutions = 0
  try {
    const measured = await segmenter.tune(new Array(batch).fill(image ?? squareSize(size)), {
      ...{ size, outputStride, seconds, signal: interrupt.signal },
      onProgress({ done, total, convolution }) {
        convolutions = total
        bar ??= stageBar(total + 1)
        bar.show(done, convolution)
      },
    })
    const report: TuneReport = {
      ...{ adapter: describeAdapter(gpu), model: shownSource(options.model), size, outputStride, batch },
      ...{ seconds: (performance.now() - start) / 1000, convolutions, measured, file: tuningFile() },
    }
    if (measured.length > 0) await tuning.save()
    if (!interrupt.error && measured.some(({ untuned, fastest }) => untuned !== fastest)) {
      bar?.show(convolutions, 'the whole network')
      const photos = new Array<Image>(batch).fill(image ?? noisePhoto(size))
      const untuned = new Segmenter(gpu, model)
      const calls = callsOf(untuned, segmenter, { photos, size, outputStride, interrupt })
      report.network = await unlessInterrupted(calls.finally(() => untuned.dispose()))
    }
    bar?.hide()
    const { error } = interrupt
    report.interrupted = error?.signal
    console.log(options.json ? JSON.stringify(report, undefined, 1) : tuneText(report))
    if (error) throw error
  } finally {
    interrupt.release()
    bar?.hide()
    await segmenter.dispose()
  }
}

async function callsOf(
  before: Segmenter,
  after: Segmenter,
  { photos, interrupt, ...options }: { photos: Image[]; interrupt: Interrupt } & InferenceOptions,
): Promise<{ untuned: number; tuned: number }> {
  const call = (segmenter: Segmenter) => () => {
    interrupt.check()
    return segmenter.segment(photos, options)
  }
  const [untuned, tuned] = await compare([call(before), call(after)], CALLS)
  return { untuned, tuned }
}
