import { softmax } from '../../src/kernels/softmax.ts'
import { type SoftmaxCase, softmaxOf } from '../cases/softmax.ts'
import { expectClose, tolerance } from '../reference/compare.ts'
import { softmax as reference } from '../reference/softmax.ts'
import { fromGpu, toGpu } from '../support/activations.ts'
import type { KernelRun } from '../support/kernel_run.ts'

export function softmaxRun(test: SoftmaxCase): KernelRun {
  const input = softmaxOf(test)
  const { shape } = input
  return {
    kernel: softmax({ label: test.name, shape }),
    data: { input: toGpu(input) },
    check: ({ output }) =>
      expectClose(fromGpu(output, shape), reference(input).data, { shape, rtol: tolerance(shape[3]) }),
  }
}
