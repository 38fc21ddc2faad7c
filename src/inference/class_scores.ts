// A network's scores, a number for each class at each pixel, resampled to any size. A map of many classes may be too large for
// one buffer of the GPU, so it is made in strips.

import { UserError } from '../errors.ts'
import { usage } from '../gpu/buffers.ts'
import type { Gpu } from '../gpu/gpu.ts'
import { Program } from '../gpu/program.ts'
import { mebibytes } from '../graph/ir/tensor_bytes.ts'
import type { Rows } from '../kernels/geometry.ts'
import { activationBytes, padChannels, unpadChannels } from '../kernels/layout.ts'
import { accumulateProbabilities } from '../kernels/resizing/accumulate_probabilities.ts'
import { resize } from '../kernels/resizing/resize.ts'
import { checkScoreBytes, type ScoreMap } from './score_map.ts'

interface ScoreMapTarget {
  width: number
  height: number
  /** Whether to take the softmax after resampling: logits become probabilities. */
  softmax: boolean
  /** The convention of the network's upsampling. */
  alignCorners: boolean
  /** Ends the work between two submits: it throws the signal's reason. */
  signal?: AbortSignal
}

/** The size of a strip's buffer: large enough to keep a GPU busy, and small next to the map. */
const STRIP_BYTES = 2 ** 25

/**
 * The map at another size, bilinear, as `upsampleArgmax` interpolates for the mask.
 * Throws a UserError if the result is larger than MAX_SCORE_BYTES, or if a single row of it does not fit in a buffer.
 */
export async function resampleScores(gpu: Gpu, scores: ScoreMap, target: ScoreMapTarget): Promise<ScoreMap> {
  const { width, height, softmax } = target
  const { classes } = scores
  checkScoreBytes({ width, height, classes })
  if (!softmax && width === scores.width && height === scores.height) return scores
  const rows = rowsOfStrip(gpu, { width, height, classes })
  const data = new Float32Array(width * height * classes)
  const buffers = await stripBuffers(gpu, scores, activationBytes([1, rows, width, classes]))
  try {
    for (let from = 0; from < height; from += rows) {
      const strip = { from, count: Math.min(rows, height - from) }
      data.set(await makeStrip(gpu, buffers, { scores, target, rows: strip }), from * width * classes)
    }
  } finally {
    for (const buffer of Object.values(buffers)) gpu.release(buffer)
  }
  return { data, width, height, classes }
}

function rowsOfStrip({ limits }: Gpu, { width, height, classes }: Omit<ScoreMap, 'data'>): number {
  const most = Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize)
  const row = activationBytes([1, 1, width, classes])
  if (row > most)
    throw new UserError(
      `a row of ${width} pixels of ${classes} classes takes ${mebibytes(row)}, and this GPU binds ${mebibytes(most)} at once`,
    )
  return Math.min(height, Math.max(1, Math.floor(Math.min(most, STRIP_BYTES) / row)))
}

interface Buffers {
  input: GPUBuffer
  output: GPUBuffer
  readback: GPUBuffer
}

async function stripBuffers(gpu: Gpu, scores: ScoreMap, outputBytes: number): Promise<Buffers> {
  const { data, width, height, classes } = scores
  const padded = padChannels(data, [1, height, width, classes])
  const [input, output, readback] = await gpu.allocateAll([
    { label: 'scores', size: padded.byteLength, flags: usage.storage | usage.copyDestination },
    { label: 'scores strip', size: outputBytes, flags: usage.storage | usage.copySource },
    { label: 'scores read', size: outputBytes, flags: usage.mapRead | usage.copyDestination },
  ])
  gpu.device.queue.writeBuffer(input, 0, padded as BufferSource)
  return { input, output, readback }
}

/** Some rows of the target, without padding of the channels. */
async function makeStrip(
  gpu: Gpu,
  { input, output, readback }: Buffers,
  { scores, target, rows }: { scores: ScoreMap; target: ScoreMapTarget; rows: Rows },
): Promise<Float32Array> {
  const { width, height, softmax, alignCorners, signal } = target
  const shape = [1, rows.count, width, scores.classes] as const
  const bytes = activationBytes(shape)
  const options = {
    label: 'scores',
    input: [1, scores.height, scores.width, scores.classes] as const,
    height,
    width,
    alignCorners,
    rows,
  }
  const kernel = softmax
    ? accumulateProbabilities({ ...options, flip: false, weight: 1, first: true })
    : resize(options)
  const [from, to] = [Object.keys(kernel.inputs)[0], Object.keys(kernel.outputs)[0]]
  const ranges = {
    [from]: { buffer: input, offset: 0, size: input.size },
    [to]: { buffer: output, offset: 0, size: bytes },
  }
  const program = await Program.create(gpu, 'scores', [{ kernel, ranges }])
  try {
    await program.run({
      finish: encoder => encoder.copyBufferToBuffer(output, 0, readback, 0, bytes),
      signal,
    })
    return unpadChannels(new Float32Array((await gpu.read(readback, bytes)).buffer), shape)
  } finally {
    program.destroy()
  }
}
