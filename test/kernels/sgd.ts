import { sgd } from '../../src/kernels/sgd.ts'
import { type SgdCase, sgdOf } from '../cases/sgd.ts'
import { tolerance } from '../reference/compare.ts'
import { sgd as reference } from '../reference/sgd.ts'
import { expectChannels } from '../support/channels.ts'
import type { KernelRun } from '../support/kernel_run.ts'

export function sgdRun(test: SgdCase): KernelRun {
  const operands = sgdOf(test)
  return {
    kernel: sgd({ ...test, label: test.name }),
    data: {
      parameters: Float32Array.from(operands.parameters),
      gradients: Float32Array.from(operands.gradients),
      velocities: Float32Array.from(operands.velocities),
      learning_rate: Float32Array.of(test.learningRate),
    },
    check: outputs => {
      const expected = reference(operands)
      expectChannels(outputs.parameters, expected.parameters, tolerance(1))
      expectChannels(outputs.velocities, expected.velocities, tolerance(1))
    },
  }
}
