import type { Kernel } from '../../gpu/kernel.ts'
import { constantOf, workgroupsFor } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { alongChannels } from '../along_channels.ts'
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

/**
 * The gradient of `globalAveragePool`, with the same options: output_gradient [n, 1, 1, c] → input_gradient [n, h, w,
 * c].
 */
export function globalAveragePoolBackward({ label, input }: { label: string; input: Shape }): Kernel {
  const [n, h, w, channels] = input
  const { params } = alongChannels(shaders.global_average_pool_backward, [1, h, w, channels])
  const count = n * params.stride * vectors(channels)
  return {
    label,
    shader: shaders.global_average_pool_backward,
    params: { pixels: h * w, vectors: vectors(channels), stride: params.stride, count },
    inputs: { output_gradient: activationBytes([n, 1, 1, channels]) },
    outputs: { input_gradient: activationBytes(input) },
    workgroups: workgroupsFor(shaders.global_average_pool_backward, count),
  }
}
