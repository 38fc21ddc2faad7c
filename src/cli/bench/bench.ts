// `atrous bench`: measures how fast a network runs on this GPU, and where the time is spent.

import { join } from 'node:path'
import { Command } from 'commander'
import { describeAdapter } from '../../bench/adapter.ts'
import { measureCeilings } from '../../bench/ceilings.ts'
import type { FusedGraph } from '../../graph/ops/index.ts'
import { tunablesOf } from '../../graph/tune/tunable.ts'
import type { TunedStrategies } from '../../graph/tune/tuning_store.ts'
import type { Precision } from '../../kernels/layout.ts'
import { shownSource } from '../../library/downloads.ts'
import { pixelsOn } from '../../library/pixels.ts'
import { backboneNames } from '../../model/backbones/index.ts'
import { samplesIn } from '../../model/preprocessing.ts'
import { writeFileAtomic } from '../../node/files/atomic.ts'
import { EXACT_TIMESTAMPS, openGpu } from '../../node/gpu/dawn.ts'
import { readImage } from '../../node/images/image.ts'
import { openTuning } from '../../node/tuning.ts'
import { version } from '../../node/version.ts'
import { Failures } from '../errors.ts'
import { severalFlag } from '../inference_options.ts'
import { checkReachable, DEFAULT_MODEL } from '../model.ts'
import { positiveInteger, positiveIntegers, precisionOption } from '../options.ts'
import { checkWritable, refuseExisting } from '../output.ts'
import { stageBar } from '../progress.ts'
import { quietableAction } from '../quiet.ts'
import {
  type BenchJob,
  type Measures,
  measureJob,
  planJob,
  type Stage,
  type Subject,
  stagesOf,
} from './bench_jobs.ts'
import { findBenchModel } from './bench_model.ts'
import { type BenchReport, detailsText, jobText, resultTable, subjectText } from './bench_text.ts'

const NOTES = `
A model is a network with random weights, which needs no download: a backbone
(the paper's best network on it), which is one of
${backboneNames.slice(0, 4).join(', ')},
${backboneNames.slice(4).join(', ')}; or
a preset, such as deeplabv3_resnet50 for torchvision's network or table6.os8 for
a row of the paper's tables. Or it is a trained model, as for other commands.

Times are in milliseconds:
  median, min, IQR   warm calls, from photos in memory to masks in memory:
                     upload of RGBA, all kernels, readback of the class maps;
                     IQR is the interquartile range
  first              the first call, which also plans, uploads the weights and
                     compiles; the driver's shader cache may shorten it
  cold               a new process from its start to its first mask, without
                     that cache; includes modules, checkpoint, photo and GPU
GPU MB is the peak of the memory allocated on the GPU. Kernels are chosen by the
measurements of atrous tune, if there are any.

--profile and --kernels need a GPU with timestamps. They first measure its
peaks: multiply-adds in registers, and a copy of 64 MiB. "ceiling %" is a
kernel's share of the peak that limits it. GFLOP/s count every tap of a
convolution, GB/s every byte once. So a kernel that skips taps, or reads from a
cache, can exceed 100 %.

Examples:
  atrous bench                      the default network
  atrous bench --model resnet50 --size 257,513 --output-stride 8,16
  atrous bench --profile --out results
                                    and a chart, results/bench.svg
  atrous bench --model run/best --photo photo.jpg --json > bench.json`

interface Options {
  model: string
  size?: number[]
  outputStride?: number[]
  batch?: number[]
  photo?: string
  precision: Precision
  runs?: number
  coldStart: boolean
  profile?: true
  kernels?: true
  out?: string
  overwrite?: true
  json?: true
}

export function benchCommand(): Command {
  const command = new Command('bench')
    .description('Times a network from photo to mask, warm and cold, and shows where the time is spent.')
    .option('-m, --model <model>', 'a preset or a trained model, see below', DEFAULT_MODEL)
    .addOption(severalFlag('size', 'longest edge of the photo, or several: 257,513'))
    .addOption(severalFlag('outputStride', 'output stride, or several: 8,16'))
    .option('--batch <n>', 'photos per call, or several numbers: 1,4 (default: 1)', positiveIntegers)
    .addOption(precisionOption())
    .option('--photo <file>', 'the photo to segment (default: noise)')
    .option(
      '--runs <n>',
      'number of repetitions (default: calls for 2 s and at least 5 times, kernels for 0.2 s, cold starts 3 times)',
      positiveInteger,
    )
    .option('--no-cold-start', 'do not time new processes')
    .option('--profile', "time each kernel in the network, with the GPU's clock")
    .option('--kernels', 'time each kernel of the network by itself')
    .option('-o, --out <folder>', 'write a chart there: bench.svg')
    .option('--overwrite', 'replace a chart that exists')
    .option('--json', 'print an object')
    .addHelpText('after', NOTES)
  return quietableAction(command, run)
}

async function run(options: Options): Promise<void> {
  await checkChart(options)
  const { model: name, precision } = options
  const subject: Subject = { name, model: { ...(await findBenchModel(name)), precision } }
  const jobs = jobsOf(options, subject)
  const { photo, variants, ...found } = await survey(options, subject, jobs)
  const report: BenchReport = {
    atrous: version,
    node: process.version,
    ...found,
    model: shownSource(name),
    precision,
    results: [],
  }
  if (!options.json) console.log(`${subjectText(report).join('\n')}\n`)
  const failures = new Failures()
  await measureAll(jobs, { subject: { ...subject, photo }, options, variants, report, failures })
  if (options.out !== undefined && report.results.length > 0)
    report.chart = await writeChart(options.out, report)
  if (options.json) console.log(JSON.stringify(report, undefined, 1))
  else for (const paragraph of detailsText(report)) console.log(`\n${paragraph}`)
  failures.throwIfAny()
}

async function checkChart({ out, overwrite }: Options): Promise<void> {
  if (out === undefined) return
  await checkWritable(out)
  if (!overwrite)
    await refuseExisting([chartFile(out)], '--overwrite replaces it, --out takes another folder')
}

const chartFile = (folder: string) => join(folder, 'bench.svg')

/** All requested combinations. Throws a UserError if the model cannot run at an output stride. */
function jobsOf(options: Options, { name, model: { config, preprocessing } }: Subject): BenchJob[] {
  const { size: sizes = [preprocessing.size], batch: batches = [1] } = options
  const { outputStride: strides = [config.outputStride] } = options
  for (const stride of strides) checkReachable(stride, name, config)
  return sizes.flatMap(size =>
    strides.flatMap(outputStride => batches.map(batch => ({ size, outputStride, batch }))),
  )
}

/** Checks everything possible before timing starts: the GPU, the photo, and that all jobs fit. */
async function survey(options: Options, subject: Subject, jobs: BenchJob[]) {
  const gpu = await openGpu({ features: [EXACT_TIMESTAMPS] })
  try {
    const { photo: file } = options
    const reading = { maxPixels: pixelsOn(gpu), channels: samplesIn(subject.model.preprocessing) }
    const photo = file === undefined ? undefined : { file, image: await readImage(file, reading) }
    const failures = new Failures()
    const graphs: FusedGraph[] = []
    for (const job of jobs)
      await failures.attempt(jobText(job), async () => {
        graphs.push((await planJob(job, { ...subject, photo }, gpu)).graph)
      })
    failures.throwIfAny()
    const { variants } = await openTuning(gpu)
    const convolutions = graphs.flatMap(graph => tunablesOf(graph, { device: gpu }))
    const tuned = {
      convolutions: convolutions.length,
      measured: convolutions.filter(({ convolution }) => variants.has(convolution)).length,
    }
    const ceilings = options.profile || options.kernels ? await measureCeilings(gpu) : undefined
    return { adapter: describeAdapter(gpu), ceilings, photo, tuned, variants }
  } finally {
    gpu.destroy()
  }
}

interface Run {
  subject: Subject
  options: Options
  /** The tuning measurements for the GPU. */
  variants: TunedStrategies
  /** Results are added to it. */
  report: BenchReport
  failures: Failures
}

async function measureAll(
  jobs: BenchJob[],
  { subject, options, variants, report, failures }: Run,
): Promise<void> {
  const { ceilings, results } = report
  const measures: Measures = {
    runs: options.runs,
    tuned: variants,
    profile: options.profile && ceilings,
    kernels: options.kernels && ceilings,
    coldStart: options.coldStart,
  }
  const stages = stagesOf(measures)
  const bar = stageBar(jobs.length * stages.length)
  const printRow = options.json ? undefined : resultTable()
  for (const [i, job] of jobs.entries()) {
    const onStage = (stage: Stage, detail = '') =>
      bar.show(i * stages.length + stages.indexOf(stage), `${jobText(job)}: ${stage} ${detail}`)
    const measure = () => measureJob(job, subject, { ...measures, onStage })
    const result = await failures.attempt(jobText(job), measure).finally(bar.hide)
    if (!result) continue
    results.push(result)
    printRow?.(result)
  }
}

async function writeChart(folder: string, report: BenchReport): Promise<string> {
  // Imported only when needed: other commands must not wait for a plotting library.
  const { drawBench } = await import('./bench_chart.ts')
  const file = chartFile(folder)
  await writeFileAtomic(file, drawBench(report))
  return file
}
