import type { Gpu } from '../../src/gpu/gpu.ts'
import type { Kernel } from '../../src/gpu/kernel.ts'
import {
  type Conv2dBackwardInputOptions,
  conv2dBackwardInput,
} from '../../src/kernels/conv2d_backward_input.ts'
import { unpadChannels } from '../../src/kernels/layout.ts'
import { type Conv2dBackwardCase, conv2dBackwardOf } from '../cases/conv2d_backward.ts'
import { placeOf, sizeOf } from '../reference/array4.ts'
import { expectClose, tolerance } from '../reference/compare.ts'
import {
  conv2dBackwardInputAt,
  conv2dBackwardInput as reference,
} from '../reference/conv2d_backward_input.ts'
import { sampleIndices } from '../reference/random.ts'
import { fromGpu, toGpu } from '../support/activations.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import { packTransposedWeight } from './pack_transposed.ts'

/** `variant` makes the kernel: `conv2dBackwardInput`, unless another is to be run. */
export async function conv2dBackwardInputRun(
  test: Conv2dBackwardCase,
  gpu: Gpu,
  variant: (options: Conv2dBackwardInputOptions) => Kernel = conv2dBackwardInput,
): Promise<KernelRun> {
  const operands = conv2dBackwardOf(test, 'input')
  const { input, weight, padding, outputGradient } = operands
  const { name: label, outChannels, kernel, stride, dilation, plant } = test
  const { shape } = input
  const rtol = tolerance(outChannels * kernel[0] * kernel[1])
  return {
    kernel: variant({ label, input: shape, outChannels, kernel, stride, dilation, padding }),
    data: { input: toGpu(outputGradient), weight: await packTransposedWeight(gpu, weight) },
    check: ({ output }) => {
      // Padding lanes have weights of 0: where the gradient is not finite, they are NaN.
      const actual = plant ? unpadChannels(new Float32Array(output.buffer), shape) : fromGpu(output, shape)
      if (!test.spotCheck) {
        expectClose(actual, reference(operands).data, { shape, rtol })
        return
      }
      const indices = sampleIndices(256, sizeOf(shape), test.seed)
      const expected = Float64Array.from(indices, index =>
        conv2dBackwardInputAt(operands, placeOf(shape, index)),
      )
      expectClose(actual, expected, { shape, rtol, indices })
    },
  }
}
