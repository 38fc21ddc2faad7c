import { expect } from 'chai'
import { maxPoolWinners } from '../../src/kernels/pooling/max_pool_backward.ts'
import { maxPoolWinners as reference } from '../reference/max_pool_backward.ts'
import { toGpu } from '../support/activations.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import {
  cases,
  type MaxPoolBackwardCase,
  maxPoolBackwardOf,
  maxPoolBackwardOptions,
  paddedWinners,
} from './max_pool_backward.ts'

export const suite: KernelSuite<MaxPoolBackwardCase> = {
  shader: 'max_pool_winners',
  cases,
  run(test) {
    const operands = maxPoolBackwardOf(test)
    const channels = operands.input.shape[3]
    const pitch = Math.ceil(channels / 4) * 4
    return {
      kernel: maxPoolWinners(maxPoolBackwardOptions(test, operands)),
      data: { input: toGpu(operands.input) },
      expected: {
        winners: {
          // The winners of the channels that pad a vector do not matter: known answers have whole vectors.
          check: winners =>
            expect(winners.filter((_, i) => i % pitch < channels)).to.deep.equal(reference(operands)),
          answer: () => ({ values: paddedWinners(operands) }),
        },
      },
    }
  },
}
