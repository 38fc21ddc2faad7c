import { batchNormBackwardReduce } from '../../src/kernels/normalisation/batch_norm_backward.ts'
import { tolerance } from '../reference/compare.ts'
import { activations } from '../support/expected.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import { tilesOf } from './batch_norm_statistics.ts'
import {
  type BatchNormBackwardCase,
  batchNormBackwardOf,
  cases,
  gradientPartials,
  pixelInputs,
} from './shared/batch_norm_backward.ts'

export const suite: KernelSuite<BatchNormBackwardCase> = {
  shader: 'batch_norm_backward_reduce',
  cases,
  run(test) {
    const operands = batchNormBackwardOf(test)
    const { name: label, input, epsilon, activation = 'none' } = test
    const fanIn = tilesOf(operands.input)[0].shape[2]
    return {
      kernel: batchNormBackwardReduce({ label, input, epsilon, activation }),
      data: pixelInputs(operands),
      expected: { partials: activations(() => gradientPartials(operands), { rtol: tolerance(fanIn) }) },
    }
  },
}
