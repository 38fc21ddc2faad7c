import { dropout } from '../../src/kernels/dropout.ts'
import { type DropoutCase, dropoutOf } from '../cases/dropout.ts'
import { expectClose, tolerance } from '../reference/compare.ts'
import { dropout as reference } from '../reference/dropout.ts'
import { fromGpu, toGpu } from '../support/activations.ts'
import type { KernelRun } from '../support/kernel_run.ts'

export function dropoutRun(test: DropoutCase): KernelRun {
  const operands = dropoutOf(test)
  const { name: label, shape, p, seed } = test
  return {
    kernel: dropout({ label, shape, p, seed }),
    data: { input: toGpu(operands.input), step: Uint32Array.of(test.step) },
    check: ({ output }) =>
      expectClose(fromGpu(output, shape), reference(operands).data, { shape, atol: 0, rtol: tolerance(1) }),
  }
}
