import { maxPoolBackward } from '../../src/kernels/max_pool_backward.ts'
import { type MaxPoolBackwardCase, maxPoolBackwardOf } from '../cases/max_pool_backward.ts'
import { expectClose, tolerance } from '../reference/compare.ts'
import { maxPoolBackward as reference } from '../reference/max_pool_backward.ts'
import { fromGpu, toGpu } from '../support/activations.ts'
import type { KernelRun } from '../support/kernel_run.ts'

export function maxPoolBackwardRun(test: MaxPoolBackwardCase): KernelRun {
  const operands = maxPoolBackwardOf(test)
  const { input, outputGradient, kernel, stride, padding } = operands
  const { shape } = input
  const rtol = tolerance(kernel[0] * kernel[1])
  return {
    kernel: maxPoolBackward({ label: test.name, input: shape, kernel, stride, padding }),
    data: { input: toGpu(input), output_gradient: toGpu(outputGradient) },
    check: ({ input_gradient }) =>
      expectClose(fromGpu(input_gradient, shape), reference(operands).data, { shape, rtol }),
  }
}
