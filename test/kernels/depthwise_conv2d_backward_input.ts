import type { Gpu } from '../../src/gpu/gpu.ts'
import { depthwiseConv2dBackwardInput } from '../../src/kernels/depthwise_conv2d_backward_input.ts'
import { unpadChannels } from '../../src/kernels/layout.ts'
import {
  type DepthwiseConv2dBackwardCase,
  depthwiseConv2dBackwardOf,
} from '../cases/depthwise_conv2d_backward.ts'
import { expectClose, tolerance } from '../reference/compare.ts'
import { depthwiseConv2dBackwardInput as reference } from '../reference/depthwise_conv2d_backward_input.ts'
import { fromGpu, toGpu } from '../support/activations.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import { packWeight } from '../support/pack_weight.ts'

export async function depthwiseConv2dBackwardInputRun(
  test: DepthwiseConv2dBackwardCase,
  gpu: Gpu,
): Promise<KernelRun> {
  const operands = depthwiseConv2dBackwardOf(test, 'input')
  const { input, weight, padding, outputGradient } = operands
  const { name: label, kernel, stride, dilation, plant } = test
  const { shape } = input
  const packed = await packWeight(gpu, { weight, depthwise: true })
  return {
    kernel: depthwiseConv2dBackwardInput({ label, input: shape, kernel, stride, dilation, padding }),
    data: { output_gradient: toGpu(outputGradient), weight: packed.weight },
    check: ({ input_gradient }) => {
      // Padding lanes have weights of 0: where the gradient is not finite, they are NaN.
      const actual = plant
        ? unpadChannels(new Float32Array(input_gradient.buffer), shape)
        : fromGpu(input_gradient, shape)
      expectClose(actual, reference(operands).data, { shape, rtol: tolerance(kernel[0] * kernel[1]) })
    },
  }
}
