import { copy } from '../../src/kernels/ceilings/copy.ts'
import { randomValues } from '../reference/random.ts'
import { EXACT } from '../support/activations.ts'
import { floats } from '../support/expected.ts'
import type { KernelCase, KernelSuite } from '../support/kernel_suite.ts'

interface Case extends KernelCase {
  /** vectors of four floats */
  count: number
  perInvocation: number
  seed: number
  /** a NaN in its second half */
  nan?: true
}

/** The input is its own reference. */
export const suite: KernelSuite<Case> = {
  shader: 'copy',
  cases: [
    { name: 'one vector', count: 1, perInvocation: 1, seed: 1 },
    { name: 'one for an invocation that could copy more', count: 1, perInvocation: 16, seed: 1 },
    { name: 'seven vectors, two for an invocation', count: 7, perInvocation: 2, seed: 1, answer: true },
    { name: 'a workgroup and one', count: 65, perInvocation: 1, seed: 1 },
    { name: 'a count that invocations do not share equally', count: 1001, perInvocation: 4, seed: 1 },
    { name: 'NaN', count: 130, perInvocation: 3, seed: 1, nan: true },
    { name: '16 MiB', count: 2 ** 20, perInvocation: 4, seed: 1, bench: true },
  ],
  run({ name: label, count, perInvocation, seed, nan }) {
    const input = randomValues(4 * count, seed)
    if (nan) input.fill(Number.NaN, 3 * count, 3 * count + 1)
    return {
      kernel: copy({ label, count, perInvocation }),
      data: { input: Float32Array.from(input) },
      expected: { output: floats(() => input, { shape: [1, 1, count, 4], ...EXACT }) },
    }
  },
}
