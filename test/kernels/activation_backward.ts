import { activationBackward } from '../../src/kernels/activation_backward.ts'
import { type ActivationBackwardCase, activationBackwardOf } from '../cases/activation_backward.ts'
import { activationBackward as reference } from '../reference/activation_backward.ts'
import { expectClose } from '../reference/compare.ts'
import { EXACT, fromGpu, toGpu } from '../support/activations.ts'
import type { KernelRun } from '../support/kernel_run.ts'

export function activationBackwardRun(test: ActivationBackwardCase): KernelRun {
  const operands = activationBackwardOf(test)
  const { name: label, shape, kind } = test
  return {
    kernel: activationBackward({ label, shape, activation: kind }),
    data: { output: toGpu(operands.output), output_gradient: toGpu(operands.outputGradient) },
    check: ({ input_gradient }) =>
      expectClose(fromGpu(input_gradient, shape), reference(operands).data, { shape, ...EXACT }),
  }
}
