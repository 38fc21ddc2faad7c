import { multiplyAdd, STEPS } from '../../src/kernels/multiply_add.ts'
import { type MultiplyAddCase, multiplyAddOf } from '../cases/multiply_add.ts'
import { expectClose, tolerance } from '../reference/compare.ts'
import { multiplyAdd as reference } from '../reference/multiply_add.ts'
import type { KernelRun } from '../support/kernel_run.ts'

export function multiplyAddRun(test: MultiplyAddCase): KernelRun {
  const input = multiplyAddOf(test)
  const { count, chains, rounds, factor, addend } = test
  const steps = rounds * STEPS
  return {
    kernel: multiplyAdd({ ...test, label: test.name }),
    data: { input: Float32Array.from(input) },
    check: ({ output }) => {
      const expected = reference({ input, chains, steps, factor, addend })
      const rtol = tolerance(chains * Math.max(1, steps))
      expectClose(new Float32Array(output.buffer), expected, { shape: [1, 1, count, 4], rtol })
    },
  }
}
