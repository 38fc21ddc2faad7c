import type { Kernel } from '../../gpu/kernel.ts'
import { constantOf } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { type Conv2dOptions, implicitGemm } from './conv2d.ts'

/** The matrices that an adapter multiplies: m × k by k × n, both f16, with sums in f32. */
export interface SubgroupMatrix {
  m: number
  n: number
  k: number
}

/** The lanes of a subgroup for which the shader was made: of NVIDIA's GPUs, of AMD's with matrix units, and of Apple's. */
export const MATRIX_LANES = 32

/** The pixels and vectors that a workgroup computes. */
const WORKGROUP_TILE = {
  pixels: constantOf(shaders.conv2d_subgroup_matrix, 'WORKGROUP_PIXELS'),
  vectors: constantOf(shaders.conv2d_subgroup_matrix, 'WORKGROUP_CHANNELS') / 4,
}

/**
 * `conv2d` with its input and weight rounded to f16, for adapters with `subgroupMatrix` whose kernels get subgroups of `subgroupSize`
 * lanes, 8 to 32.
 */
export function conv2dSubgroupMatrix(
  options: Conv2dOptions & { subgroupSize: number; subgroupMatrix: SubgroupMatrix },
): Kernel {
  const { subgroupSize, subgroupMatrix } = options
  const { m, n, k } = subgroupMatrix
  return {
    shader: shaders.conv2d_subgroup_matrix,
    subgroupSize,
    constants: { SUBGROUP_SIZE: subgroupSize, MATRIX_M: m, MATRIX_N: n, MATRIX_K: k },
    ...implicitGemm(options, WORKGROUP_TILE),
  }
}
