// The fully connected CRF of Krähenbühl and Koltun (2011) behind a network: from scores and a photo on the GPU to a class map.
//
// The energy of a labelling is Σ −log p(x_i) + Σ over pairs of [x_i ≠ x_j] · (pos_w · k_spatial + bi_w · k_bilateral), with Gaussian
// kernels, each of which is normalised symmetrically: D^-1/2 K D^-1/2, where D = K · 1. As in the public implementations, a pixel is a
// pair with itself, too. The mean field is iterated: Q ← softmax(log p + Σ weight · K Q), from Q = p on.

import { storedAsFloat16 } from '../gpu/float16_storage.ts'
import type { Gpu } from '../gpu/gpu.ts'
import type { Launch, Range } from '../gpu/launch.ts'
import { crfUpdate } from '../kernels/crf/crf_update.ts'
import { activationBytes, type Shape, unpadChannels, vectors } from '../kernels/layout.ts'
import { accumulateProbabilities } from '../kernels/resizing/accumulate_probabilities.ts'
import { preprocess } from '../kernels/resizing/preprocess.ts'
import { resize } from '../kernels/resizing/resize.ts'
import { classMapWords, upsampleArgmax } from '../kernels/resizing/upsample_argmax.ts'
import { CrfBuffers, launch, runLaunches } from './crf_buffers.ts'
import type { CrfParameters } from './crf_parameters.ts'
import { type CrfImage, type Filter, pairsFilter, spatialFilter } from './filter.ts'
import { latticeFilter } from './lattice.ts'

/** A network's scores of a photo. The buffer is the caller's. */
interface CrfScores {
  buffer: GPUBuffer
  /** [1, h, w, classes] */
  shape: Shape
  /** How the numbers are stored. */
  dtype: 'f32' | 'f16'
  /** Probabilities have f32. */
  kind: 'logits' | 'probabilities'
  /** The convention by which the network's scores are upsampled. Default: half pixels. */
  alignCorners?: boolean
}

export interface CrfJob {
  scores: CrfScores
  /** RGBA, height · width · 4 bytes. */
  photo: { data: Uint8Array; width: number; height: number }
  /** The size at which the CRF works: photo and scores are resampled to it. */
  width: number
  height: number
  /** The size of the mask, if it is another. */
  mask?: { width: number; height: number }
  parameters: Required<CrfParameters>
  /** How the bilateral filter is computed. Default: over all pairs for at most MAX_PAIRED_PIXELS, else by a lattice. */
  bilateral?: 'pairs' | 'lattice'
  /** Whether to read the marginals back, too. */
  withMarginals?: boolean
  signal?: AbortSignal
  /** With a signal: called with how many iterations are done, all but the last one. */
  onIteration?: (done: number) => void
}

interface CrfResult {
  /** Class ids, row by row from the top. */
  mask: Uint8Array
  /** The probability of each class at each pixel, [height, width, classes]. */
  marginals?: Float32Array
}

/** Up to so many pixels, all pairs take about a second on two cores of a CPU, and are exact. Above, the time grows with the square. */
const MAX_PAIRED_PIXELS = 4096

/**
 * The class map of a photo after the CRF. The same input gives the same bits. Throws a UserError if the GPU cannot bind a buffer or has
 * no room for it, and the signal's reason between two submits.
 */
export async function refine(gpu: Gpu, job: CrfJob): Promise<CrfResult> {
  const buffers = new CrfBuffers(gpu)
  try {
    const { width, height, scores, signal, withMarginals } = job
    const shape = [1, height, width, scores.shape[3]] as const
    const marginals = await meanField(buffers, job, shape)
    const size = job.mask ?? { width, height }
    const classes = await buffers.zeros('mask', classMapWords(size.height, size.width) * 4)
    const options = { input: shape, ...size, alignCorners: false, onGpu: !gpu.isCpu }
    const argmax = upsampleArgmax({ label: 'crf mask', ...options })
    await runLaunches(gpu, [launch(argmax, { logits: marginals, classes })], { signal })
    const mask = (await gpu.download(classes.buffer, classes.size)).slice(0, size.width * size.height)
    if (!withMarginals) return { mask }
    const bytes = await gpu.download(marginals.buffer, marginals.size)
    return { mask, marginals: unpadChannels(new Float32Array(bytes.buffer), shape) }
  } finally {
    buffers.releaseAll()
  }
}

async function meanField(buffers: CrfBuffers, job: CrfJob, shape: Shape): Promise<Range> {
  const { gpu } = buffers
  const { parameters, signal, onIteration: onTime } = job
  const bytes = activationBytes(shape)
  const probabilities = await resampledScores(buffers, job, shape)
  const message = await buffers.zeros('message', bytes)
  const marginals = await buffers.zeros('marginals', bytes)
  const update = launch(crfUpdate({ label: 'crf update', shape }), { probabilities, message, marginals })
  await runLaunches(gpu, [update], { signal })
  const step: Launch[] = []
  for (const { filter, scale } of await filtersOf(buffers, job))
    step.push(...(await filter(marginals, message, { vectors: vectors(shape[3]), scale })))
  await runLaunches(gpu, [...step, update], { times: parameters.iterations, signal, onTime })
  return marginals
}

/** The spatial filter, which overwrites the message, and the bilateral one, which adds to it. */
async function filtersOf(buffers: CrfBuffers, job: CrfJob): Promise<{ filter: Filter; scale: number }[]> {
  const { width, height, signal, parameters } = job
  const { posW, posXy, biW, biXy, biRgb } = parameters
  const spatial = { filter: spatialFilter(buffers, { width, height }, posXy), scale: posW }
  if (biW === 0) return [spatial]
  const pixels = width * height
  const range = await resampledPhoto(buffers, job)
  const image: CrfImage = { range, width, height, pixels }
  const { bilateral = pixels <= MAX_PAIRED_PIXELS ? 'pairs' : 'lattice' } = job
  const makeFilter = bilateral === 'pairs' ? pairsFilter : latticeFilter
  return [spatial, { filter: await makeFilter(buffers, image, { xy: biXy, rgb: biRgb, signal }), scale: biW }]
}

/** The probabilities at the size of the CRF. */
async function resampledScores(buffers: CrfBuffers, job: CrfJob, shape: Shape): Promise<Range> {
  const { scores, width, height, signal } = job
  const probabilities = await buffers.zeros('probabilities', activationBytes(shape))
  const input: Range = { buffer: scores.buffer, offset: 0, size: scores.buffer.size }
  const { alignCorners = false } = scores
  const options = { label: 'crf scores', input: scores.shape, height, width, alignCorners }
  const resampling = () => {
    if (scores.kind === 'probabilities') return launch(resize(options), { input, output: probabilities })
    const kernel = accumulateProbabilities({ ...options, flip: false, weight: 1, first: true })
    const stored = scores.dtype === 'f16' ? storedAsFloat16(kernel) : kernel
    return launch(stored, { logits: input, accumulator: probabilities })
  }
  await runLaunches(buffers.gpu, [resampling()], { signal })
  return probabilities
}

/** The photo's colours, from 0 to 255, at the size of the CRF. */
async function resampledPhoto(buffers: CrfBuffers, { photo, width, height, signal }: CrfJob): Promise<Range> {
  const image = await buffers.filled('photo', photo.data)
  const output = await buffers.zeros('colours', activationBytes([1, height, width, 3]))
  const kernel = preprocess({
    label: 'crf colours',
    input: { n: 1, h: photo.height, w: photo.width },
    height,
    width,
    mean: [0, 0, 0],
    std: [1 / 255, 1 / 255, 1 / 255],
    flip: false,
  })
  await runLaunches(buffers.gpu, [launch(kernel, { image, output })], { signal })
  buffers.release(image)
  return output
}
