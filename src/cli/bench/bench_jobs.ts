// The jobs of `atrous bench`: a network at each requested size, output stride and batch.

import {
  benchNetwork,
  type NetworkBench,
  type NetworkMeasures,
  type NetworkStage,
} from '../../bench/network.ts'
import { noisePhoto, squareSize } from '../../bench/noise.ts'
import type { Image } from '../../data/image.ts'
import type { Gpu } from '../../gpu/gpu.ts'
import type { Plan } from '../../graph/plan/plan.ts'
import { Segmenter } from '../../inference/segmenter.ts'
import { networkSize, samplesIn } from '../../model/preprocessing.ts'
import { EXACT_TIMESTAMPS, openGpu } from '../../node/gpu/dawn.ts'
import { type ColdStart, measureColdStart } from './bench_cold_start.ts'
import type { BenchModel } from './bench_model.ts'

export interface BenchJob {
  /** The longest edge to which the photo is scaled, in pixels. */
  size: number
  outputStride: number
  /** Photos per call. */
  batch: number
}

/** The measurements of the jobs. */
export interface Subject {
  /** The name that the user gave. */
  name: string
  model: BenchModel
  /** A photo and its file. Without one, each size uses noise. */
  photo?: { file: string; image: Image }
}

export interface Measures extends Omit<NetworkMeasures, 'onStage'> {
  /** Whether new processes are timed as well. */
  coldStart: boolean
}

export type Stage = NetworkStage | 'cold start'

/** The measurements of a job, as --json prints them. */
export interface BenchResult extends BenchJob, NetworkBench {
  /** The size to which the network scales the photo. */
  image: { width: number; height: number }
  milliseconds: NetworkBench['milliseconds'] & { cold?: ColdStart }
  imagesPerSecond: number
  gflops: number
}

/** The stages of a job, in order. */
export const stagesOf = ({ profile, kernels, coldStart }: Measures): Stage[] => [
  'first call',
  'warm calls',
  ...(profile ? ['profile' as const] : []),
  ...(kernels ? ['kernels' as const] : []),
  ...(coldStart ? ['cold start' as const] : []),
]

/** The plan of a job; computes nothing. Throws a UserError if it does not fit on the GPU. */
export async function planJob(job: BenchJob, { model, photo }: Subject, gpu: Gpu): Promise<Plan> {
  const { batch, ...options } = job
  return new Segmenter(gpu, model).plan(new Array(batch).fill(photo?.image ?? squareSize(job.size)), options)
}

/** Measures a job on a newly opened GPU, so that it does not benefit from earlier jobs. */
export async function measureJob(
  job: BenchJob,
  { name, model, photo }: Subject,
  { coldStart, onStage, ...measures }: Measures & { onStage(stage: Stage, detail?: string): void },
): Promise<BenchResult> {
  const { batch, ...options } = job
  const image = photo?.image ?? noisePhoto(job.size, samplesIn(model.preprocessing))
  const photos = new Array<Image>(batch).fill(image)
  const gpu = await openGpu({ features: [EXACT_TIMESTAMPS] })
  const bench = await benchNetwork(gpu, model, photos, { ...options, ...measures, onStage }).finally(() =>
    gpu.destroy(),
  )
  const { first, warm } = bench.milliseconds
  if (coldStart) onStage('cold start')
  const coldJob = { ...job, name, model, photo: image, photoFile: photo?.file, runs: measures.runs }
  const cold = coldStart ? await measureColdStart(coldJob) : undefined
  return {
    image: networkSize(image, { ...model.preprocessing, size: job.size }),
    ...job,
    ...bench,
    milliseconds: { first, warm, ...(cold && { cold }) },
    imagesPerSecond: (1000 * batch) / warm.median,
    gflops: (2 * bench.macs) / warm.median / 1e6,
  }
}
