import { softmax } from '../../src/kernels/softmax.ts'
import { type SoftmaxCase, softmaxOf } from '../cases/softmax.ts'
import { expectClose, tolerance } from '../reference/compare.ts'
import { softmax as reference } from '../reference/softmax.ts'
import { fromGpu, toGpu } from '../support/activations.ts'
import type { KernelRun } from '../support/kernel_run.ts'

/** `shift` is added to every logit, which changes no probability but by rounding. */
export function softmaxRun(test: SoftmaxCase, { shift = 0 } = {}): KernelRun {
  const input = softmaxOf(test)
  input.data = input.data.map(logit => Math.fround(logit + shift))
  const { shape } = input
  return {
    kernel: softmax({ label: test.name, shape }),
    data: { input: toGpu(input) },
    check: ({ output }) =>
      expectClose(fromGpu(output, shape), reference(input).data, { shape, rtol: tolerance(shape[3]) }),
  }
}
