import { prefixSum } from '../../src/kernels/sorting/prefix_sum.ts'
import { words } from '../support/expected.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import { BLOCK, LIST_CASES, type ListCase, numbersBelow } from './shared/lists.ts'

function prefixSumRun({ name: label, count }: ListCase): KernelRun {
  const values = numbersBelow(5, count)
  const sums = new Uint32Array(count)
  const totals = new Uint32Array(Math.ceil(count / BLOCK))
  for (let i = 0; i < count; i++) {
    const block = Math.floor(i / BLOCK)
    sums[i] = totals[block]
    totals[block] += values[i]
  }
  return {
    kernel: prefixSum({ label, count }),
    data: { values },
    expected: { sums: words(() => sums), totals: words(() => totals) },
  }
}

export const suite: KernelSuite<ListCase> = { shader: 'prefix_sum', cases: LIST_CASES, run: prefixSumRun }
