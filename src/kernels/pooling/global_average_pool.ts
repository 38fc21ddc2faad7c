import type { Kernel } from '../../gpu/kernel.ts'
import { constantOf } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { activationBytes, type Shape, vectors } from '../layout.ts'

/** Vectors that a workgroup computes. */
const VECTORS = constantOf(shaders.global_average_pool, 'WORKGROUP_VECTORS')

export interface GlobalAveragePoolOptions {
  label: string
  /** [n, h, w, c] */
  input: Shape
  /** The pixels of the whole map, if the input is some rows of it: the result is their share in the mean. */
  mapPixels?: number
}

/** The mean over the map: [n, h, w, c] → [n, 1, 1, c]. */
export function globalAveragePool({ label, input, mapPixels }: GlobalAveragePoolOptions): Kernel {
  const [n, h, w, channels] = input
  const groups = Math.ceil(vectors(channels) / VECTORS)
  return {
    label,
    shader: shaders.global_average_pool,
    params: { pixels: h * w, map_pixels: mapPixels ?? h * w, vectors: vectors(channels), groups },
    inputs: { input: activationBytes(input) },
    outputs: { output: activationBytes([n, 1, 1, channels]) },
    workgroups: n * groups,
  }
}
