// The launches of a matte. The network's probability is coarse, and its edges are as soft as its pixels are large. A guided filter (He, Sun and
// Tang 2013) moves them to the photo's edges, at a reduced size (He and Sun 2015); blur fusion (Forte 2021) takes the background's colour
// out of the pixels that are half transparent.

import type { Launch, Range } from '../gpu/launch.ts'
import { VECTOR_BYTES } from '../kernels/layout.ts'
import { boxMean } from '../kernels/matting/box_mean.ts'
import { guidedCoefficients, guidedMoments } from '../kernels/matting/guided_filter.ts'
import { matteLayers } from '../kernels/matting/matte.ts'

/** The radius of the filters, as a share of the longer side: about the width of the network's soft edges. */
const RADIUS = 0.015

/** Differences of colours whose square is well below this are no edge: noise, not hair. */
const EPS = 1e-4

/** Three means of this radius, as a share of the longer side, are nearly a Gaussian. */
const BACKDROP_RADIUS = 0.02
const BACKDROP_MEANS = 3

export interface MatteSize {
  width: number
  height: number
}

/** The photo's own, or a smaller size of about its shape with at most so many pixels. */
export function workingSize({ width, height }: MatteSize, most: number): MatteSize {
  const scale = Math.min(1, Math.sqrt(most / (width * height)))
  const side = (pixels: number) => Math.max(1, Math.floor(pixels * scale))
  return { width: side(width), height: side(height) }
}

export const rangeOf = (buffer: GPUBuffer, size = buffer.size): Range => ({ buffer, offset: 0, size })

const bytesOf = ({ width, height }: MatteSize) => width * height * VECTOR_BYTES

const MATTE_BUFFERS = { colours: 1, probability: 1, coefficients: 1, moments: 4, means: 4 }

/** The buffers of a matte of this size: colours, probability, coefficients, moments and means. */
export const matteBuffers = (size: MatteSize): { label: string; size: number }[] =>
  Object.entries(MATTE_BUFFERS).map(([name, vectors]) => ({
    label: `cutout ${name}`,
    size: vectors * bytesOf(size),
  }))

type Buffers = Record<keyof typeof MATTE_BUFFERS, GPUBuffer>

interface Matte {
  launches: Launch[]
  /** What `mattePixels` takes, after the launches. */
  coefficients: Range
  layers: Range
}

/** From the photo's colours and a probability at this size to the coefficients of alpha, and the blurred layers. */
export function matteLaunches(size: MatteSize, buffers: Buffers): Matte {
  const colours = rangeOf(buffers.colours)
  const coefficients = rangeOf(buffers.coefficients)
  const { layers, between } = layerRanges(size, buffers)
  const pixels = size.width * size.height
  const launches = [
    ...guidedFilter(size, {
      ...{ colours, coefficients, probability: rangeOf(buffers.probability) },
      ...{ moments: rangeOf(buffers.moments), means: rangeOf(buffers.means) },
    }),
    {
      kernel: matteLayers({ label: 'cutout layers', pixels }),
      ranges: { colours, coefficients, layers },
    },
    ...means2d(size, { values: layers, between, share: RADIUS }),
  ]
  return { launches, coefficients, layers }
}

/** Blurs the layers of `matteLaunches` once more, so far that the second one is a backdrop. */
export function backdropLaunches(size: MatteSize, buffers: Buffers): Launch[] {
  const { layers: values, between } = layerRanges(size, buffers)
  return Array.from({ length: BACKDROP_MEANS }, () =>
    means2d(size, { values, between, share: BACKDROP_RADIUS }),
  ).flat()
}

/** The layers take the place of the moments, which are of no use any more. */
function layerRanges(size: MatteSize, { moments, means }: Buffers) {
  const bytes = 2 * bytesOf(size)
  return { layers: rangeOf(moments, bytes), between: rangeOf(means, bytes) }
}

type GuidedRanges = Record<'colours' | 'probability' | 'coefficients' | 'moments' | 'means', Range>

/** Leaves the mean coefficients in `coefficients`. */
function guidedFilter(size: MatteSize, ranges: GuidedRanges): Launch[] {
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
  { width, height }: MatteSize,
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
