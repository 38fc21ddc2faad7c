import type { Kernel } from '../../gpu/kernel.ts'
import { workgroupsFor } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { VECTOR_BYTES } from '../layout.ts'

/** The most vectors of classes that an invocation computes. It computes the affinity of a pair once for all of them. */
const MAX_VECTORS = 8

/** The standard deviations of a bilateral Gaussian: of places in pixels, of colours on the scale 0 … 255. */
export interface BilateralDeviations {
  xy: number
  rgb: number
}

interface BilateralPairsOptions extends BilateralDeviations {
  label: string
  width: number
  pixels: number
}

/**
 * The least deviation. Places and colours are whole numbers, so with this one a pixel has an affinity of e^-512 to the nearest other
 * pixel: 0 in f32, as with any smaller one.
 */
export const LEAST_DEVIATION = 1 / 32

const perSquare = (deviation: number) => 0.5 / Math.max(deviation, LEAST_DEVIATION) ** 2

function bilateralPairs(options: BilateralPairsOptions, vectors: number) {
  const { label, width, pixels, xy, rgb } = options
  const blocks = Math.ceil(vectors / MAX_VECTORS)
  const count = pixels * blocks
  return {
    label,
    shader: shaders.bilateral_pairs,
    constants: { BLOCK: Math.ceil(vectors / blocks) },
    params: {
      width,
      pixels,
      vectors,
      blocks,
      count,
      scale: 0,
      by_place: perSquare(xy),
      by_colour: perSquare(rgb),
    },
    workgroups: workgroupsFor(shaders.bilateral_pairs, count),
  }
}

/** norms = D^-1/2 with D = K · 1, where K is the bilateral Gaussian over all pairs of pixels. */
export function bilateralPairNorms(options: BilateralPairsOptions): Kernel {
  const { pixels } = options
  const { constants, ...rest } = bilateralPairs(options, 1)
  return {
    ...rest,
    constants: { ...constants, WRITES_NORMS: 1 },
    inputs: { image: pixels * VECTOR_BYTES, input: 0 },
    outputs: { norms: pixels * 4, message: 0 },
  }
}

/** message += scale · D^-1/2 K D^-1/2 · input, over all pairs of pixels. */
export function bilateralPairMessage(
  options: BilateralPairsOptions & { vectors: number; scale: number },
): Kernel {
  const { pixels, vectors, scale } = options
  const { params, ...rest } = bilateralPairs(options, vectors)
  const bytes = pixels * vectors * VECTOR_BYTES
  return {
    ...rest,
    params: { ...params, scale },
    inputs: { image: pixels * VECTOR_BYTES, input: bytes, norms: pixels * 4 },
    outputs: { message: bytes },
    macs: pixels * pixels * vectors * 4,
  }
}
