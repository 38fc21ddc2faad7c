import type { Gpu } from '../../src/gpu/gpu.ts'
import { runKernel } from '../../src/gpu/run_kernel.ts'
import { packTransposed } from '../../src/kernels/pack_transposed.ts'
import type { Weight } from '../reference/array4.ts'
import type { BatchNormStatistics } from '../reference/batch_norm.ts'

/** A weight, with batch norm folded in if given, as the gradient of a convolution's input reads it. */
export async function packTransposedWeight(
  gpu: Gpu,
  { shape, data }: Weight,
  batchNorm?: BatchNormStatistics,
) {
  const kernel = packTransposed({ label: 'pack', weight: shape, epsilon: batchNorm?.epsilon })
  const { packed } = await runKernel(gpu, kernel, {
    weight: Float32Array.from(data),
    ...(batchNorm && {
      gamma: Float32Array.from(batchNorm.gamma),
      variance: Float32Array.from(batchNorm.variance),
    }),
  })
  return packed
}
