import type { Gpu } from '../../src/gpu/gpu.ts'
import { runKernel } from '../../src/gpu/run_kernel.ts'
import { packTransposed } from '../../src/kernels/pack_transposed.ts'
import type { Weight } from '../reference/array4.ts'

/** A weight, and a bias of zeros, as the gradient of a convolution's input reads them. */
export async function packTransposedWeight(gpu: Gpu, { shape, data }: Weight) {
  const kernel = packTransposed({ label: 'pack', weight: shape })
  const { packed, packed_bias } = await runKernel(gpu, kernel, { weight: Float32Array.from(data) })
  return { weight: packed, bias: packed_bias }
}
