import { multiplyAdd, STEPS } from '../../src/kernels/ceilings/multiply_add.ts'
import { tolerance } from '../reference/compare.ts'
import { multiplyAdd as reference } from '../reference/multiply_add.ts'
import { randomValues } from '../reference/random.ts'
import { floats } from '../support/expected.ts'
import type { KernelCase, KernelSuite } from '../support/kernel_suite.ts'

interface Case extends KernelCase {
  /** vectors of four floats */
  count: number
  rounds: number
  chains: number
  factor: number
  addend: number
  seed: number
  /** a NaN in the second half of the input */
  nan?: true
}

/** Of a size below 1, so that rounding errors die away, and near it, so that the start is not forgotten. */
const line = { factor: -0.96, addend: 0.5, seed: 1 }

export const suite: KernelSuite<Case> = {
  shader: 'multiply_add',
  cases: [
    { ...line, name: 'one invocation, one chain, one round', count: 1, rounds: 1, chains: 1 },
    { ...line, name: 'no round at all', count: 5, rounds: 0, chains: 3 },
    { ...line, name: '3 chains, 2 rounds', count: 3, rounds: 2, chains: 3, answer: true },
    { ...line, name: 'a workgroup and one, 2 chains', count: 65, rounds: 1, chains: 2 },
    { ...line, name: '8 chains, 5 rounds', count: 130, rounds: 5, chains: 8 },
    { ...line, name: 'growing', count: 7, rounds: 2, chains: 4, factor: 1.05 },
    { ...line, name: 'NaN', count: 70, rounds: 1, chains: 2, nan: true },
    { ...line, name: '2¹⁸ invocations', count: 2 ** 18, rounds: 4, chains: 4, bench: true },
  ],
  run({ name: label, count, rounds, chains, factor, addend, seed, nan }) {
    const input = randomValues(4 * count, seed)
    if (nan) input.fill(Number.NaN, 3 * count, 3 * count + 1)
    const steps = rounds * STEPS
    const rtol = tolerance(chains * Math.max(1, steps))
    return {
      kernel: multiplyAdd({ label, count, rounds, chains, factor, addend }),
      data: { input: Float32Array.from(input) },
      expected: {
        output: floats(() => reference({ input, chains, steps, factor, addend }), {
          shape: [1, 1, count, 4],
          rtol,
        }),
      },
    }
  },
}
