// A class of a photo on transparent ground. The network's probability is coarse, and its edges are as soft as its pixels are large. A guided
// filter (He, Sun and Tang 2013) moves them to the photo's edges, at a reduced size (He and Sun 2015); blur fusion (Forte 2021) takes the
// background's colour out of the pixels that are half transparent.

import { usage } from '../gpu/buffers.ts'
import type { Gpu } from '../gpu/gpu.ts'
import type { Launch, Range } from '../gpu/launch.ts'
import { Program } from '../gpu/program.ts'
import { VECTOR_BYTES } from '../kernels/layout.ts'
import { boxMean } from '../kernels/matting/box_mean.ts'
import { guidedCoefficients, guidedMoments } from '../kernels/matting/guided_filter.ts'
import { matteLayers, mattePixels } from '../kernels/matting/matte.ts'
import { resize } from '../kernels/resizing/resize.ts'
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

/** The radius of the filters, as a share of the longer side: about the width of the network's soft edges. */
const RADIUS = 0.015

/** Differences of colours whose square is well below this are no edge: noise, not hair. */
const EPS = 1e-4

/** Three means of this radius, as a share of the longer side, are nearly a Gaussian. */
const BACKDROP_RADIUS = 0.02
const BACKDROP_MEANS = 3

/** The same input gives the same bits. Throws OutOfMemoryError, and the signal's reason between two submits. */
export async function cutOut(gpu: Gpu, job: CutOutJob): Promise<CutOut> {
  const { photo, probability, signal } = job
  const size = workingSize(photo)
  const bytes = size.width * size.height * VECTOR_BYTES
  const flags = usage.storage | usage.copySource | usage.copyDestination
  const given = probability.width * probability.height * VECTOR_BYTES
  const wanted = {
    given,
    colours: bytes,
    probability: bytes,
    coefficients: bytes,
    moments: 4 * bytes,
    means: 4 * bytes,
  }
  const buffers = await gpu.allocateAll(
    Object.entries(wanted).map(([label, size]) => ({ label: `cutout ${label}`, size, flags })),
  )
  const [input, colours, resized, coefficients, moments, means] = buffers
  try {
    gpu.device.queue.writeBuffer(input, 0, inVectors(probability.data) as BufferSource)
    await photoColours(gpu, { photo, size, colours, signal })
    const layers = rangeOf(moments, 2 * bytes)
    const between = rangeOf(means, 2 * bytes)
    const own = { colours: rangeOf(colours), coefficients: rangeOf(coefficients) }
    await run(
      gpu,
      [
        resizing(probability, size, { input: rangeOf(input), output: rangeOf(resized) }),
        ...guidedFilter(size, {
          ...own,
          probability: rangeOf(resized),
          moments: rangeOf(moments),
          means: rangeOf(means),
        }),
        {
          kernel: matteLayers({ label: 'cutout layers', pixels: size.width * size.height }),
          ranges: { ...own, layers },
        },
        ...means2d(size, { values: layers, between, share: RADIUS }),
      ],
      signal,
    )
    const data = await pixelsOf(gpu, job, size, { coefficients: own.coefficients, layers })
    const pixels = { data, width: photo.width, height: photo.height }
    if (!job.withBackdrop) return { pixels }
    const blurs = Array.from({ length: BACKDROP_MEANS }, () =>
      means2d(size, { values: layers, between, share: BACKDROP_RADIUS }),
    )
    await run(gpu, blurs.flat(), signal)
    const blurred = new Float32Array((await gpu.download(moments, 2 * bytes)).buffer)
    return { pixels, backdrop: { data: backgroundOf(blurred), ...size } }
  } finally {
    for (const buffer of buffers) gpu.release(buffer)
  }
}

/** RGBA of the foreground, at the photo's size. */
const pixelsOf = (
  gpu: Gpu,
  { photo, signal }: CutOutJob,
  { width: w, height: h }: Size,
  ranges: Record<'coefficients' | 'layers', Range>,
): Promise<Uint8Array> =>
  photoStrips(gpu, photo, signal, (rows, strip) => ({
    kernel: mattePixels({ label: 'cutout pixels', ...photo, input: { h, w }, rows }),
    ranges: { ...strip, ...ranges },
  }))

interface Size {
  width: number
  height: number
}

/** The photo's own, or a smaller size of about its shape. */
function workingSize({ width, height }: Size): Size {
  const scale = Math.min(1, Math.sqrt(MOST_PIXELS / (width * height)))
  const side = (pixels: number) => Math.max(1, Math.floor(pixels * scale))
  return { width: side(width), height: side(height) }
}

const rangeOf = (buffer: GPUBuffer, size = buffer.size): Range => ({ buffer, offset: 0, size })

/** One channel as `resize` takes it. */
function inVectors(values: Float32Array): Float32Array {
  const vectors = new Float32Array(values.length * 4)
  values.forEach((value, i) => {
    vectors[i * 4] = value
  })
  return vectors
}

function resizing(from: Size, { width, height }: Size, ranges: Record<'input' | 'output', Range>): Launch {
  const input = [1, from.height, from.width, 1] as const
  return {
    kernel: resize({ label: 'cutout probability', input, height, width, alignCorners: false }),
    ranges,
  }
}

type GuidedRanges = Record<'colours' | 'probability' | 'coefficients' | 'moments' | 'means', Range>

/** Leaves the mean coefficients in `coefficients`. */
function guidedFilter(size: Size, ranges: GuidedRanges): Launch[] {
  const { colours, probability, coefficients, moments, means } = ranges
  const pixels = size.width * size.height
  const between = rangeOf(means.buffer, coefficients.size)
  return [
    {
      kernel: guidedMoments({ label: 'cutout moments', pixels }),
      ranges: { colours, probability, moments },
    },
    ...means2d(size, { values: moments, between: means, share: RADIUS }),
    {
      kernel: guidedCoefficients({ label: 'cutout coefficients', pixels, eps: EPS }),
      ranges: { means: moments, coefficients },
    },
    ...means2d(size, { values: coefficients, between, share: RADIUS }),
  ]
}

/** The means over squares, in place. */
function means2d(
  { width, height }: Size,
  { values, between, share }: { values: Range; between: Range; share: number },
): Launch[] {
  const radius = Math.max(1, Math.round(share * Math.max(width, height)))
  const inner = values.size / (width * height * VECTOR_BYTES)
  const rows = boxMean({ label: 'cutout rows', shape: [height, width, inner], radius })
  const columns = boxMean({ label: 'cutout columns', shape: [1, height, width * inner], radius })
  return [
    { kernel: rows, ranges: { input: values, output: between } },
    { kernel: columns, ranges: { input: between, output: values } },
  ]
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
