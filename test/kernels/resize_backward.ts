import { resizeBackward } from '../../src/kernels/resize_backward.ts'
import type { ResizeCase } from '../cases/resize.ts'
import { resizeBackwardOf } from '../cases/resize_backward.ts'
import { expectClose, tolerance } from '../reference/compare.ts'
import { resizeBackward as reference } from '../reference/resize_backward.ts'
import { fromGpu, toGpu } from '../support/activations.ts'
import type { KernelRun } from '../support/kernel_run.ts'

export function resizeBackwardRun(test: ResizeCase): KernelRun {
  const operands = resizeBackwardOf(test)
  const { name: label, input: shape, height, width, alignCorners } = test
  return {
    kernel: resizeBackward({ label, input: shape, height, width, alignCorners }),
    data: { output_gradient: toGpu(operands.outputGradient) },
    check: ({ input_gradient }) =>
      expectClose(fromGpu(input_gradient, shape), reference(operands).data, {
        shape,
        rtol: tolerance(height * width),
      }),
  }
}
