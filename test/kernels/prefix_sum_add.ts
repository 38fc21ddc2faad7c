import { prefixSumAdd } from '../../src/kernels/sorting/prefix_sum.ts'
import { words } from '../support/expected.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import { BLOCK, LIST_CASES, type ListCase, numbersBelow } from './shared/lists.ts'

function prefixSumAddRun({ name: label, count }: ListCase): KernelRun {
  const before = numbersBelow(1000, Math.ceil(count / BLOCK))
  const sums = numbersBelow(7, count)
  return {
    kernel: prefixSumAdd({ label, count }),
    data: { before, sums },
    expected: { sums: words(() => sums.map((sum, i) => sum + before[Math.floor(i / BLOCK)])) },
  }
}

export const suite: KernelSuite<ListCase> = {
  shader: 'prefix_sum_add',
  cases: LIST_CASES,
  run: prefixSumAddRun,
}
