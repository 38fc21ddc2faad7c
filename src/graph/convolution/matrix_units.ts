// The kernel of matrix units. It is loaded where an adapter has them. No browser offers them yet, so pages need not download it.

import type { Device } from './target.ts'

type MatrixKernel = typeof import('../../kernels/convolution/conv2d_subgroup_matrix.ts')

let loaded: MatrixKernel | undefined

/** Call it when an adapter is opened: strategies are chosen without waiting. */
export async function loadMatrixKernel<Adapter extends Device>(adapter: Adapter): Promise<Adapter> {
  if (adapter.subgroupMatrix) loaded ??= await import('../../kernels/convolution/conv2d_subgroup_matrix.ts')
  return adapter
}

/** The kernel for an adapter: undefined where the sums of four of its matrices, a workgroup's, do not fit where the input is kept. */
export function matrixKernel({ subgroupMatrix, subgroupSizes = [] }: Device): MatrixKernel | undefined {
  const fit = subgroupMatrix && subgroupMatrix.m * subgroupMatrix.n <= 16 * 16
  return fit && loaded && subgroupSizes.includes(loaded.MATRIX_LANES) ? loaded : undefined
}
