// Photos, whose logits and masks are compared with those of a reference.

import { type Photo, Segmenter } from '../../../src/inference/segmenter.ts'
import { loadNetwork } from '../../../src/model/backbones/index.ts'
import type { DeepLabConfig } from '../../../src/model/config.ts'
import type { Preprocessing } from '../../../src/model/preprocessing.ts'
import { readSafetensors } from '../../../src/weights/safetensors.ts'
import { expectClasses } from '../../reference/compare.ts'
import { upsampleArgmax } from '../../reference/upsample_argmax.ts'
import { relativeError } from '../../support/run_graph.ts'
import { type TestedAdapter, withGpu } from './adapter.ts'
import type { Tally } from './report.ts'

export interface PhotoJob {
  name: string
  /** The names of the files with the photo's RGBA and with the network's weights. */
  pixels: string
  weights: string
  width: number
  height: number
  config: DeepLabConfig
  preprocessing: Preprocessing
  expected: ExpectedLogits[]
}

export interface ExpectedLogits {
  outputStride: number
  height: number
  width: number
  /** [height, width, classes], before they are upsampled. */
  logits: number[]
}

/**
 * The largest difference of a logit, as a share of the largest logit. Variants of a convolution add in different orders, and
 * Winograd's rounds more; lavapipe and PyTorch differ by up to 2e-4 here.
 */
const TOLERANCE = 1e-3

export type ReadData = (name: string) => Promise<Uint8Array<ArrayBuffer>>

export async function photosPart(
  adapter: TestedAdapter,
  tally: Tally,
  { photos, read, onProgress }: { photos: PhotoJob[]; read: ReadData; onProgress(text: string): void },
): Promise<void> {
  for (const job of photos)
    for (const expected of job.expected) {
      const name = `${job.name}, output stride ${expected.outputStride}`
      onProgress(name)
      await tally.attempt(name, () => checkPhoto(adapter, job, { expected, read }))
    }
}

async function checkPhoto(
  adapter: TestedAdapter,
  job: PhotoJob,
  { expected, read }: { expected: ExpectedLogits; read: ReadData },
): Promise<void> {
  const { width, height } = job
  const size = { width, height, originalWidth: width, originalHeight: height }
  const photo: Photo = { ...size, data: await read(job.pixels) }
  const parameters = weightsOf(await read(job.weights))
  await withGpu(adapter, async gpu => {
    await loadNetwork(job.config)
    const segmenter = new Segmenter(gpu, { ...job, parameters })
    try {
      const options = { outputStride: expected.outputStride, output: 'logits', at: 'network' } as const
      const [first] = await segmenter.segment([photo], options)
      checkResult(first, expected, job.config)
      // Adapters are known that compute the first photo correctly and later ones not.
      const [second] = await segmenter.segment([photo], options)
      checkResult(second, expected, job.config)
    } finally {
      await segmenter.dispose()
    }
  })
}

type Result = Awaited<ReturnType<Segmenter['segment']>>[number]

function checkResult(
  { mask, scores, ...size }: Result,
  { logits, ...expected }: ExpectedLogits,
  { alignCorners }: PhotoJob['config'],
): void {
  const error = relativeError(scores!.data, logits)
  if (!(error <= TOLERANCE)) throw new Error(`the logits differ by ${error} of the largest`)
  const classes = logits.length / (expected.height * expected.width)
  const input = {
    shape: [1, expected.height, expected.width, classes] as const,
    data: Float64Array.from(logits),
  }
  const largest = Math.max(...logits.map(Math.abs))
  expectClasses(mask, upsampleArgmax({ input, ...size, alignCorners }), 2 * TOLERANCE * largest)
}

/** The tensors of a file, by name. */
export function weightsOf(file: Uint8Array): Map<string, Float32Array> {
  const floats = [...readSafetensors(file)].map(([name, { data }]) => [name, data as Float32Array] as const)
  return new Map(floats)
}
