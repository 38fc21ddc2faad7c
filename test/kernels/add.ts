import { add } from '../../src/kernels/add.ts'
import { type AddCase, addOf } from '../cases/add.ts'
import { add as reference } from '../reference/add.ts'
import { expectClose, tolerance } from '../reference/compare.ts'
import { fromGpu, toGpu } from '../support/activations.ts'
import type { KernelRun } from '../support/kernel_run.ts'

export function addRun(test: AddCase): KernelRun {
  const operands = addOf(test)
  const { name: label, shape, activation } = test
  return {
    kernel: add({ label, shape, activation }),
    data: { a: toGpu(operands.a), b: toGpu(operands.b) },
    check: ({ output }) =>
      expectClose(fromGpu(output, shape), reference(operands).data, { shape, rtol: tolerance(1) }),
  }
}
