// Kernels that only some adapters run: a page downloads those of the adapter that it has.

import type { Device } from './target.ts'

type MatrixKernels = typeof import('../../kernels/convolution/conv2d_subgroup_matrix.ts')
export type SubgroupKernels = typeof import('./subgroup_kernels.ts')
type RowKernels = typeof import('./row_kernels.ts')

let matrix: MatrixKernels | undefined
let subgroup: SubgroupKernels | undefined
let rows: RowKernels | undefined

/** Call it when an adapter is opened: strategies are chosen without waiting. */
export async function loadKernels<Adapter extends Device>(adapter: Adapter): Promise<Adapter> {
  await Promise.all([
    adapter.subgroupMatrix && loadMatrixKernels(),
    adapter.subgroupSize !== undefined && loadSubgroupKernels(),
    hasRows(adapter) && loadRowKernels(),
  ])
  return adapter
}

// No browser offers matrix units yet.
async function loadMatrixKernels(): Promise<void> {
  matrix ??= await import('../../kernels/convolution/conv2d_subgroup_matrix.ts')
}

async function loadSubgroupKernels(): Promise<void> {
  if (subgroup) return
  const { conv2dSubgroup, multiplyTile, ...winograd } = await import('./subgroup_kernels.ts')
  const { winogradInput, winogradMultiply, winogradMultiplyTexture, winogradOutput } = winograd
  const transforms = { winogradInput, winogradOutput }
  subgroup = { conv2dSubgroup, multiplyTile, winogradMultiply, winogradMultiplyTexture, ...transforms }
}

async function loadRowKernels(): Promise<void> {
  if (rows) return
  const { conv2dRows, winogradMultiplyRows } = await import('./row_kernels.ts')
  rows = { conv2dRows, winogradMultiplyRows }
}

/** Whether a GPU is of a vendor for which there are tiles of the kernels that share weights in a workgroup: see vendors.ts. */
const hasRows = ({ info }: Device): boolean => info?.vendor === 'amd' || info?.vendor === 'intel'

/** The kernel for an adapter: undefined where the sums of four of its matrices, a workgroup's, do not fit where the input is kept. */
export function matrixKernel({ subgroupMatrix, subgroupSizes = [] }: Device): MatrixKernels | undefined {
  const fit = subgroupMatrix && subgroupMatrix.m * subgroupMatrix.n <= 16 * 16
  return fit && matrix && subgroupSizes.includes(matrix.MATRIX_LANES) ? matrix : undefined
}

/** Those for subgroups of one size; undefined where an adapter has other ones. */
export const subgroupKernels = ({ subgroupSize }: Device): SubgroupKernels | undefined =>
  subgroupSize === undefined ? undefined : subgroup

/** Those that share weights in a workgroup; undefined for other GPUs than those of AMD and Intel. */
export const rowKernels = (device: Device): RowKernels | undefined => (hasRows(device) ? rows : undefined)
