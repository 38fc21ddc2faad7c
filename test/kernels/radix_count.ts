import { radixCount, radixCounts } from '../../src/kernels/sorting/radix_sort.ts'
import { words } from '../support/expected.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import { LIST_CASES, type ListCase, numbersBelow } from './shared/lists.ts'

const RUN = 256

/** How often each digit of the keys occurs in each run: [digits, runs]. */
export function countsOf(keys: Uint32Array, digit: number): Uint32Array {
  const counts = new Uint32Array(radixCounts(keys.length))
  const runs = Math.ceil(keys.length / RUN)
  keys.forEach((key, i) => {
    counts[((key >>> (8 * digit)) & 255) * runs + Math.floor(i / RUN)]++
  })
  return counts
}

function radixCountRun({ name: label, count }: ListCase, digit: number): KernelRun {
  const keys = numbersBelow(2 ** 18, count)
  return {
    kernel: radixCount({ label, count, digit }),
    data: { keys },
    expected: { counts: words(() => countsOf(keys, digit)) },
  }
}

export const suite: KernelSuite<ListCase> = {
  shader: 'radix_count',
  cases: LIST_CASES,
  run: test => radixCountRun(test, 0),
  variants: {
    'of the second digit': { cases: LIST_CASES.slice(0, -1), run: test => radixCountRun(test, 1) },
  },
}
