// The steps of the bench page: known answers of every kernel, tuning, and times of whole networks. Each result is a row of the page
// and a part of the report.

import { describeAdapter } from '../../src/bench/adapter.ts'
import { answersByShader, checkStored } from '../../src/bench/answers/check_kernels.ts'
import { decodeAnswers } from '../../src/bench/answers/decode_answers.ts'
import type { KernelReport } from '../../src/bench/answers/kernel_check.ts'
import { benchNetwork } from '../../src/bench/network.ts'
import { noisePhoto } from '../../src/bench/noise.ts'
import { type Report, type ReportSteps, reportNetworks } from '../../src/bench/report.ts'
import type { Gpu } from '../../src/gpu/gpu.ts'
import { DeepLab, openGpu, preset } from '../../src/web/index.ts'
import { milliseconds, showGpu } from '../src/facts.ts'

export interface BenchOptions {
  /** Whether to leave out what takes a software adapter minutes. */
  small: boolean
  signal: AbortSignal
  onProgress(text: string, share?: number): void
  onRow(step: string, result: string): void
}

const TUNING_SECONDS = 20

/** Throws the signal's reason when it is aborted. */
export async function runBench(options: BenchOptions): Promise<Report> {
  const gpu = await openGpu()
  showGpu(gpu)
  try {
    const report: Report = {
      ...{ atrous: __VERSION__, commit: __COMMIT__, changed: __CHANGED__ },
      ...{ date: new Date().toISOString(), small: options.small },
      ...{ adapter: describeAdapter(gpu), runtime: { browser: navigator.userAgent } },
      ...{ finished: false, steps: {} },
    }
    report.steps.doctor = await timed(async () => ({ kernels: await checkAll(gpu, options) }))
    Object.assign(report.steps, await benchAll(options))
    report.finished = true
    return report
  } finally {
    gpu.destroy()
  }
}

async function timed<T>(work: () => Promise<T>): Promise<{ seconds: number; result: T }> {
  const start = performance.now()
  const result = await work()
  return { seconds: (performance.now() - start) / 1000, result }
}

/** A file beside the page, not a module: a megabyte that nothing has to compile. */
const KNOWN_ANSWERS = new URL('../../src/bench/answers/known_answers.json', import.meta.url)

async function loadAnswers(signal: AbortSignal) {
  const response = await fetch(KNOWN_ANSWERS, { signal })
  if (!response.ok) throw new Error(`${KNOWN_ANSWERS}: the server answered ${response.status}`)
  return decodeAnswers(await response.text())
}

async function checkAll(gpu: Gpu, { signal, onProgress, onRow }: BenchOptions): Promise<KernelReport[]> {
  const kernels = [...answersByShader(await loadAnswers(signal))]
  const reports: KernelReport[] = []
  for (const [i, [shader, answers]] of kernels.entries()) {
    signal.throwIfAborted()
    onProgress(`Checking ${shader} …`, i / kernels.length)
    reports.push(...(await checkStored(gpu, answers)))
  }
  const count = (result: KernelReport['result']) => reports.filter(report => report.result === result).length
  onRow('Kernels', `${count('ok')} right, ${count('WRONG')} wrong, ${count('not run')} not for this adapter`)
  for (const { kernel, result, reason } of reports) if (result === 'WRONG') onRow(kernel, reason ?? 'wrong')
  return reports
}

type Network = ReturnType<typeof reportNetworks>[number]

async function benchAll(options: BenchOptions): Promise<Pick<ReportSteps, 'tune' | 'networks'>> {
  const tune = { seconds: 0, result: [] as ResultOf<'tune'> }
  const networks = { seconds: 0, result: [] as ResultOf<'networks'> }
  for (const network of reportNetworks(options.small)) {
    await using model = await openModel(network)
    const tuned = await timed(() => tuneOne(model, network, options))
    tune.seconds += tuned.seconds
    tune.result.push({ ...network, measured: tuned.result })
    const bench = await timed(() => benchOne(model, network, { ...options, tuned: tuned.result }))
    networks.seconds += bench.seconds
    const { model: name, ...job } = network
    networks.result.push({ model: name, results: [{ ...job, ...bench.result }] })
  }
  return { tune, networks }
}

type ResultOf<Step extends 'tune' | 'networks'> = Extract<
  NonNullable<ReportSteps[Step]>,
  { result: unknown }
>['result']

/** The shipped model, or a preset's network with random weights. */
const openModel = ({ model, size }: Network): Promise<DeepLab> =>
  model === 'scenes'
    ? DeepLab.load(model, { tune: 'off' })
    : DeepLab.create(preset(model).config, { size, tune: 'off' })

const nameOf = ({ model, size, outputStride }: Network) => `${model}, ${size}², output stride ${outputStride}`

function tuneOne(model: DeepLab, network: Network, { signal, onProgress }: BenchOptions) {
  const { size, outputStride } = network
  const text = `${nameOf(network)}: tuning …`
  onProgress(text)
  return model.tune(noisePhoto(size), {
    ...{ size, outputStride, seconds: TUNING_SECONDS, signal },
    onProgress: ({ done, total }) => onProgress(text, done / total),
  })
}

/** On a GPU of its own, so that its memory is this network's. */
async function benchOne(
  model: DeepLab,
  network: Network,
  { signal, onProgress, onRow, tuned }: BenchOptions & { tuned: Awaited<ReturnType<typeof tuneOne>> },
) {
  signal.throwIfAborted()
  const { size, outputStride } = network
  const gpu = await openGpu()
  try {
    const bench = await benchNetwork(gpu, model.state, [noisePhoto(size)], {
      ...{ size, outputStride },
      tuned: new Map(tuned.map(({ convolution, fastest }) => [convolution, fastest])),
      onStage: stage => onProgress(`${nameOf(network)}: ${stage} …`),
    })
    const { first, warm } = bench.milliseconds
    const rate = bench.macs / warm.median / 1e6
    onRow(
      nameOf(network),
      `${milliseconds(warm.median)} a photo (first ${milliseconds(first)}), ${rate.toFixed(1)} billion multiply-adds a second`,
    )
    return bench
  } finally {
    gpu.destroy()
  }
}
