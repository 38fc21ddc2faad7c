import { radixScatter } from '../../src/kernels/sorting/radix_sort.ts'
import { words } from '../support/expected.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import { countsOf } from './radix_count.ts'
import { LIST_CASES, type ListCase, numbersBelow } from './shared/lists.ts'

/** Items whose keys differ little, so that many are equal in a digit, and have to keep their order. */
function radixScatterRun(
  { name: label, count }: ListCase,
  { digit, numbersItems }: { digit: number; numbersItems: boolean },
): KernelRun {
  const keys = numbersBelow(700, count)
  const items = numbersItems ? Uint32Array.from(keys.keys()) : numbersBelow(2 ** 32, count, 2)
  let sum = 0
  const places = countsOf(keys, digit).map(value => {
    sum += value
    return sum - value
  })
  const digitOf = (i: number) => (keys[i] >>> (8 * digit)) & 255
  const order = [...keys.keys()].sort((a, b) => digitOf(a) - digitOf(b) || a - b)
  return {
    kernel: radixScatter({ label, count, digit, numbersItems }),
    data: { keys, items, places },
    expected: {
      sorted_keys: words(() => Uint32Array.from(order, i => keys[i])),
      sorted_items: words(() => Uint32Array.from(order, i => items[i])),
    },
  }
}

export const suite: KernelSuite<ListCase> = {
  shader: 'radix_scatter',
  cases: LIST_CASES,
  run: test => radixScatterRun(test, { digit: 0, numbersItems: true }),
  variants: {
    'of given items, by the second digit': {
      cases: LIST_CASES.slice(0, -1),
      run: test => radixScatterRun(test, { digit: 1, numbersItems: false }),
    },
  },
}
