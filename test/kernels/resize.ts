import { resize } from '../../src/kernels/resize.ts'
import { type ResizeCase, resizeOf } from '../cases/resize.ts'
import { expectClose, tolerance } from '../reference/compare.ts'
import { resize as reference } from '../reference/resize.ts'
import { fromGpu, toGpu } from '../support/activations.ts'
import type { KernelRun } from '../support/kernel_run.ts'

export function resizeRun(test: ResizeCase): KernelRun {
  const operands = resizeOf(test)
  const { name: label, input, height, width, alignCorners } = test
  const shape = [input[0], height, width, input[3]] as const
  return {
    kernel: resize({ label, input, height, width, alignCorners }),
    data: { input: toGpu(operands.input) },
    check: ({ output }) =>
      expectClose(fromGpu(output, shape), reference(operands).data, { shape, rtol: tolerance(4) }),
  }
}
