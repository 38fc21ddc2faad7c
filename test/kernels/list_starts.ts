import { listStarts } from '../../src/kernels/sorting/radix_sort.ts'
import { words } from '../support/expected.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import { LIST_CASES, type ListCase, numbersBelow } from './shared/lists.ts'

function listStartsRun({ name: label, count }: ListCase): KernelRun {
  // Lists of one to three items, so that every key has one.
  const lengths = numbersBelow(3, count).map(length => length + 1)
  const sorted = new Uint32Array(count)
  const starts: number[] = []
  for (let i = 0; i < count; i += lengths[starts.length - 1]) {
    sorted.fill(starts.length, i, i + lengths[starts.length])
    starts.push(i)
  }
  return {
    kernel: listStarts({ label, count, keys: starts.length }),
    data: { sorted },
    expected: { starts: words(() => Uint32Array.from([...starts, count, count])) },
  }
}

export const suite: KernelSuite<ListCase> = { shader: 'list_starts', cases: LIST_CASES, run: listStartsRun }
