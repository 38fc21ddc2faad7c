import type { Kernel } from '../gpu/kernel.ts'
import { type Conv2dOptions, implicitGemm } from './conv2d.ts'

/** What an adapter multiplies at a time: m × k of f16 by k × n of f16, added up in f32. */
export interface SubgroupMatrix {
  m: number
  n: number
  k: number
}

/** Pixels, and channels, that a workgroup computes. */
const SIZE = 64

/**
 * `conv2d` with its input and weight rounded to f16: for adapters that have `subgroupMatrix`, and subgroups of `subgroupSize` lanes,
 * 8 to 64.
 */
export function conv2dSubgroupMatrix(
  options: Conv2dOptions & { subgroupSize: number; subgroupMatrix: SubgroupMatrix },
): Kernel {
  const { subgroupSize, subgroupMatrix } = options
  const { m, n, k } = subgroupMatrix
  return {
    shader: 'conv2d_subgroup_matrix',
    consts: { SUBGROUP_SIZE: subgroupSize, MATRIX_M: m, MATRIX_N: n, MATRIX_K: k },
    ...implicitGemm(options, { pixels: SIZE, vectors: SIZE / 4 }),
  }
}
