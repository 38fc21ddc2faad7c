import { copy } from '../../src/kernels/copy.ts'
import { type CopyCase, copyOf } from '../cases/copy.ts'
import { expectClose } from '../reference/compare.ts'
import { EXACT } from '../support/activations.ts'
import type { KernelRun } from '../support/kernel_run.ts'

/** The operand is its own reference. */
export function copyRun(test: CopyCase): KernelRun {
  const input = copyOf(test)
  const shape = [1, 1, test.count, 4] as const
  return {
    kernel: copy({ ...test, label: test.name }),
    data: { input: Float32Array.from(input) },
    check: ({ output }) => expectClose(new Float32Array(output.buffer), input, { shape, ...EXACT }),
  }
}
