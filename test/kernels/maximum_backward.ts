import { maximumBackward } from '../../src/kernels/elementwise/maximum.ts'
import { randomArray4 } from '../reference/array4.ts'
import { maximumBackward as reference } from '../reference/maximum.ts'
import { EXACT, toGpu } from '../support/activations.ts'
import { activations } from '../support/expected.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import { cases, type MaximumCase, maximumOf } from './maximum.ts'

export const suite: KernelSuite<MaximumCase> = {
  shader: 'maximum_backward',
  cases,
  run(test) {
    const outputGradient = randomArray4(test.shape, test.seed + 2)
    const operands = { ...maximumOf(test), outputGradient }
    return {
      kernel: maximumBackward({ label: test.name, shape: test.shape }),
      data: {
        ...{ a: toGpu(operands.a), b: toGpu(operands.b) },
        output_gradient: toGpu(outputGradient),
      },
      expected: { input_gradient: activations(() => reference(operands), EXACT) },
    }
  },
}
