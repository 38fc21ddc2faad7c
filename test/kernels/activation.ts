import { activation } from '../../src/kernels/activation.ts'
import { type ActivationCase, activationOf } from '../cases/activation.ts'
import { activation as reference } from '../reference/activation.ts'
import { expectClose } from '../reference/compare.ts'
import { EXACT, fromGpu, toGpu } from '../support/activations.ts'
import type { KernelRun } from '../support/kernel_run.ts'

export function activationRun(test: ActivationCase): KernelRun {
  const input = activationOf(test)
  const { shape } = input
  return {
    kernel: activation({ label: test.name, shape, activation: test.kind }),
    data: { input: toGpu(input) },
    check: ({ output }) =>
      expectClose(fromGpu(output, shape), reference(input, test.kind).data, { shape, ...EXACT }),
  }
}
