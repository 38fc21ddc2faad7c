// A class of a photo on transparent ground, and the photo's background, blurred.

import { usage } from '../gpu/buffers.ts'
import type { Gpu } from '../gpu/gpu.ts'
import type { Launch, Range } from '../gpu/launch.ts'
import { Program } from '../gpu/program.ts'
import { VECTOR_BYTES } from '../kernels/layout.ts'
import { mattePixels } from '../kernels/matting/matte.ts'
import { resize } from '../kernels/resizing/resize.ts'
import {
  backdropLaunches,
  type MatteSize,
  matteBuffers,
  matteLaunches,
  rangeOf,
  workingSize,
} from './matte_launches.ts'
import { photoColours, photoStrips } from './photo_strips.ts'

interface Pixels {
  /** RGBA, height · width · 4 bytes. */
  data: Uint8Array
  width: number
  height: number
}

interface CutOutJob {
  photo: Pixels
  /** The probability of what is cut out at each pixel, of any size. */
  probability: { data: Float32Array; width: number; height: number }
  /** Whether to blur what is left of the photo. */
  withBackdrop?: boolean
  signal?: AbortSignal
}

interface CutOut {
  /** The foreground's colours, not multiplied by alpha, at the photo's size. */
  pixels: Pixels
  /** The background, blurred, without the foreground's colours; smaller than the photo if that is large. */
  backdrop?: Pixels
}

/** The most pixels at which the filter works. */
const MOST_PIXELS = 2 ** 20

/** The same input gives the same bits. Throws OutOfMemoryError, and the signal's reason between two submits. */
export async function cutOut(gpu: Gpu, job: CutOutJob): Promise<CutOut> {
  const { photo, probability, signal } = job
  const size = workingSize(photo, MOST_PIXELS)
  const flags = usage.storage | usage.copySource | usage.copyDestination
  const given = probability.width * probability.height * VECTOR_BYTES
  const buffers = await gpu.allocateAll([
    { label: 'cutout given', size: given, flags },
    ...matteBuffers(size).map(wanted => ({ ...wanted, flags })),
  ])
  const [input, ...own] = buffers
  const [colours, resized, coefficients, moments, means] = own
  try {
    gpu.device.queue.writeBuffer(input, 0, inVectors(probability.data) as BufferSource)
    await photoColours(gpu, { photo, size, colours, signal })
    const ranges = { colours, probability: resized, coefficients, moments, means }
    const matte = matteLaunches(size, ranges)
    await run(
      gpu,
      [resizing(probability, size, { input: rangeOf(input), output: rangeOf(resized) }), ...matte.launches],
      signal,
    )
    const data = await pixelsOf(gpu, job, size, matte)
    const pixels = { data, width: photo.width, height: photo.height }
    if (!job.withBackdrop) return { pixels }
    await run(gpu, backdropLaunches(size, ranges), signal)
    const blurred = new Float32Array((await gpu.download(moments, matte.layers.size)).buffer)
    return { pixels, backdrop: { data: backgroundOf(blurred), ...size } }
  } finally {
    for (const buffer of buffers) gpu.release(buffer)
  }
}

/** RGBA of the foreground, at the photo's size. */
const pixelsOf = (
  gpu: Gpu,
  { photo, signal }: CutOutJob,
  { width: w, height: h }: MatteSize,
  { coefficients, layers }: Record<'coefficients' | 'layers', Range>,
): Promise<Uint8Array> =>
  photoStrips(gpu, photo, signal, (rows, strip) => ({
    kernel: mattePixels({ label: 'cutout pixels', ...photo, input: { h, w }, rows }),
    ranges: { ...strip, coefficients, layers },
  }))

/** One channel as `resize` takes it. */
function inVectors(values: Float32Array): Float32Array {
  const vectors = new Float32Array(values.length * 4)
  values.forEach((value, i) => {
    vectors[i * 4] = value
  })
  return vectors
}

function resizing(
  from: MatteSize,
  { width, height }: MatteSize,
  ranges: Record<'input' | 'output', Range>,
): Launch {
  const input = [1, from.height, from.width, 1] as const
  return {
    kernel: resize({ label: 'cutout probability', input, height, width, alignCorners: false }),
    ranges,
  }
}

/** RGBA of the second of two layers of colours and weights. */
function backgroundOf(layers: Float32Array): Uint8Array {
  const pixels = new Uint8ClampedArray(layers.length / 2) // rounds on assignment
  for (let to = 0, from = 4; to < pixels.length; to += 4, from += 8) {
    const weight = Math.max(layers[from + 3], Number.EPSILON)
    for (let channel = 0; channel < 3; channel++)
      pixels[to + channel] = 255 * (layers[from + channel] / weight + 0.5)
    pixels[to + 3] = 255
  }
  return new Uint8Array(pixels.buffer)
}

async function run(gpu: Gpu, launches: Launch[], signal: AbortSignal | undefined): Promise<void> {
  const program = await Program.create(gpu, 'cutout', launches)
  try {
    await program.run({ signal })
  } finally {
    program.destroy()
  }
}
