import { averageParameters } from '../../src/kernels/training/average_parameters.ts'
import { averageParameters as reference } from '../reference/average_parameters.ts'
import { tolerance } from '../reference/compare.ts'
import { randomValues } from '../reference/random.ts'
import { floats } from '../support/expected.ts'
import type { KernelCase, KernelSuite } from '../support/kernel_suite.ts'

interface Case extends KernelCase {
  count: number
  share: number
}

export const suite: KernelSuite<Case> = {
  shader: 'average_parameters',
  cases: [
    { name: 'one parameter', count: 1, share: 0.5 },
    { name: 'a workgroup and six', count: 1030, share: 0.001, answer: true },
    { name: 'an odd count, the share of the first step', count: 321, share: 9 / 11 },
    { name: 'a share of zero', count: 65, share: 0 },
    { name: 'a million parameters', count: 1 << 20, share: 0.001, bench: true },
  ],
  run({ name: label, count, share }) {
    const operands = { parameters: randomValues(count, 1), averages: randomValues(count, 2), share }
    return {
      kernel: averageParameters({ label, count }),
      data: {
        parameters: Float32Array.from(operands.parameters),
        averages: Float32Array.from(operands.averages),
        share: Float32Array.of(share),
      },
      expected: { averages: floats(() => reference(operands), { rtol: tolerance(1) }) },
    }
  },
}
