import { depthwiseConv2dBackwardWeight } from '../../src/kernels/depthwise_conv2d_backward_weight.ts'
import {
  type DepthwiseConv2dBackwardCase,
  depthwiseConv2dBackwardOf,
} from '../cases/depthwise_conv2d_backward.ts'
import { expectClose, tolerance } from '../reference/compare.ts'
import { depthwiseConv2dBackwardWeight as reference } from '../reference/depthwise_conv2d_backward_weight.ts'
import { toGpu } from '../support/activations.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import { addPartials } from '../support/partial_sums.ts'

export function depthwiseConv2dBackwardWeightRun(test: DepthwiseConv2dBackwardCase): KernelRun {
  const operands = depthwiseConv2dBackwardOf(test, 'weight')
  const { input, padding, outputGradient } = operands
  const { shape } = operands.weight
  const { name: label, kernel, stride, dilation } = test
  const [n, h, w] = outputGradient.shape
  return {
    kernel: depthwiseConv2dBackwardWeight({ label, input: input.shape, kernel, stride, dilation, padding }),
    data: { input: toGpu(input), output_gradient: toGpu(outputGradient) },
    check: ({ partials }) =>
      expectClose(addPartials(partials, shape, { depthwise: true }), reference(operands).data, {
        shape,
        rtol: tolerance(n * h * w),
      }),
  }
}
