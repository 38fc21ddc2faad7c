// The steps of the bench page: known answers of every kernel, tuning, and times of whole networks. Each result is a row of the page
// and a field of the report.

import { type Adapter, describeAdapter } from '../../src/bench/adapter.ts'
import { answersByShader, checkStored } from '../../src/bench/answers/check_kernels.ts'
import { decodeAnswers } from '../../src/bench/answers/decode_answers.ts'
import type { KernelReport } from '../../src/bench/answers/kernel_check.ts'
import knownAnswers from '../../src/bench/answers/known_answers.json?raw'
import { benchNetwork, type NetworkBench } from '../../src/bench/network.ts'
import { noisePhoto } from '../../src/bench/noise.ts'
import type { Gpu } from '../../src/gpu/gpu.ts'
import { DeepLab, openGpu, type TunedConvolution } from '../../src/web/index.ts'
import { milliseconds, showGpu } from './facts.ts'

export interface BenchReport {
  date: string
  atrous: { version: string; commit: string }
  browser: string
  adapter: Adapter
  doctor: KernelReport[]
  networks: (Network & { tuned: TunedConvolution[]; bench: NetworkBench })[]
}

export interface BenchOptions {
  /** Whether to leave out what takes a software adapter minutes. */
  small: boolean
  signal: AbortSignal
  onProgress(text: string, share?: number): void
  onRow(step: string, result: string): void
}

interface Network {
  name: string
  backbone: 'mobilenet_v2' | 'resnet50'
  size: number
  outputStride: number
}

const SMALL: Network[] = [
  { name: 'MobileNetV2, 257²', backbone: 'mobilenet_v2', size: 257, outputStride: 16 },
]
const LARGE: Network[] = [
  { name: 'MobileNetV2, 513²', backbone: 'mobilenet_v2', size: 513, outputStride: 16 },
  { name: 'ResNet-50, 513², output stride 16', backbone: 'resnet50', size: 513, outputStride: 16 },
]

const TUNING_SECONDS = 20

/** Throws the signal's reason when it is aborted. */
export async function runBench(options: BenchOptions): Promise<BenchReport> {
  const gpu = await openGpu()
  showGpu(gpu)
  try {
    const about = aboutThis(gpu)
    const doctor = await checkAll(gpu, options)
    const networks: BenchReport['networks'] = []
    for (const network of options.small ? SMALL : [...SMALL, ...LARGE])
      networks.push({ ...network, ...(await benchOne(network, options)) })
    return { ...about, doctor, networks }
  } finally {
    gpu.destroy()
  }
}

function aboutThis(gpu: Gpu): Omit<BenchReport, 'doctor' | 'networks'> {
  return {
    date: new Date().toISOString(),
    atrous: { version: __VERSION__, commit: __COMMIT__ },
    browser: navigator.userAgent,
    adapter: describeAdapter(gpu),
  }
}

async function checkAll(
  gpu: Gpu,
  { signal, onProgress, onRow }: BenchOptions,
): Promise<BenchReport['doctor']> {
  const kernels = [...answersByShader(decodeAnswers(knownAnswers))]
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

/** On a GPU of its own, so that its memory is this network's. */
async function benchOne(
  { name, backbone, size, outputStride }: Network,
  { signal, onProgress, onRow }: BenchOptions,
): Promise<{ tuned: TunedConvolution[]; bench: NetworkBench }> {
  const photo = noisePhoto(size)
  await using model = await DeepLab.create({ backbone, outputStride }, { size, tune: 'off' })
  onProgress(`${name}: tuning …`)
  const tuned = await model.tune(photo, {
    ...{ seconds: TUNING_SECONDS, signal },
    onProgress: ({ done, total }) => onProgress(`${name}: tuning …`, done / total),
  })
  const gpu = await openGpu()
  try {
    const bench = await benchNetwork(gpu, model.state, [photo], {
      tuned: new Map(tuned.map(({ convolution, fastest }) => [convolution, fastest])),
      onStage: stage => onProgress(`${name}: ${stage} …`),
    })
    const { first, warm } = bench.milliseconds
    const rate = bench.macs / warm.median / 1e6
    onRow(
      name,
      `${milliseconds(warm.median)} a photo (first ${milliseconds(first)}), ${rate.toFixed(1)} billion multiply-adds a second`,
    )
    return { tuned, bench }
  } finally {
    gpu.destroy()
  }
}
