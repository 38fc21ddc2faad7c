import { batchNormBackwardInput } from '../../src/kernels/normalisation/batch_norm_backward.ts'
import { batchNormBackward as reference } from '../reference/batch_norm_backward.ts'
import { tolerance } from '../reference/compare.ts'
import { toGpu } from '../support/activations.ts'
import { activations } from '../support/expected.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import {
  type BatchNormBackwardCase,
  batchNormBackwardOf,
  cases,
  pixelInputs,
  sumsOf,
} from './shared/batch_norm_backward.ts'

export const suite: KernelSuite<BatchNormBackwardCase> = {
  shader: 'batch_norm_backward_input',
  cases,
  run(test) {
    const operands = batchNormBackwardOf(test)
    const { name: label, input, epsilon, activation = 'none' } = test
    return {
      kernel: batchNormBackwardInput({ label, input, epsilon, activation }),
      data: { ...pixelInputs(operands), sums: toGpu(sumsOf(operands)) },
      expected: {
        input_gradient: activations(() => reference(operands).inputGradient, { rtol: tolerance(4) }),
      },
    }
  },
}
