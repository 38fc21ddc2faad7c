import type { Gpu } from '../../src/gpu/gpu.ts'
import { runKernel } from '../../src/gpu/run_kernel.ts'
import { foldBatchNorm } from '../../src/kernels/fold_batch_norm.ts'
import type { Weight } from '../reference/array4.ts'

/** A convolution's weight and bias as its kernel reads them, packed on the GPU as a network's are. Zeros where there is no bias. */
export async function packWeight(
  gpu: Gpu,
  { weight, bias, depthwise = false }: { weight: Weight; bias?: Float64Array; depthwise?: boolean },
) {
  const kernel = foldBatchNorm({
    label: 'pack',
    weight: weight.shape,
    depthwise,
    bias: bias !== undefined,
  })
  const { packed, packed_bias } = await runKernel(gpu, kernel, {
    weight: Float32Array.from(weight.data),
    ...(bias && { bias: Float32Array.from(bias) }),
  })
  return { weight: packed, bias: packed_bias }
}
