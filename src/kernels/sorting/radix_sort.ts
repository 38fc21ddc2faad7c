// A stable sort of items by keys of 32 bits: passes over the keys' digits, the lowest first. Each pass counts the digits, adds the
// counts up (prefix_sum.ts), and moves the items.

import type { Kernel } from '../../gpu/kernel.ts'
import { constantOf, workgroupsFor } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'

const DIGITS = constantOf(shaders.radix_count, 'DIGITS')
const RUN = constantOf(shaders.radix_count, 'RUN')
const DIGIT_BITS = Math.log2(DIGITS)

interface RadixPassOptions {
  label: string
  /** The number of items. */
  count: number
  /** Which digit of the keys the pass sorts by: 0 is the lowest. */
  digit: number
}

/** The passes that sort keys below `keys`. */
export const radixPasses = (keys: number): number => Math.max(1, Math.ceil(Math.log2(keys) / DIGIT_BITS))

/** The number of counts that a pass makes: one for each digit in each run of items. */
export const radixCounts = (count: number): number => DIGITS * Math.ceil(count / RUN)

/** How often each digit occurs in each run of keys. */
export function radixCount({ label, count, digit }: RadixPassOptions): Kernel {
  const runs = Math.ceil(count / RUN)
  return {
    label,
    shader: shaders.radix_count,
    params: { count, runs, shift: digit * DIGIT_BITS },
    inputs: { keys: count * 4 },
    outputs: { counts: radixCounts(count) * 4 },
    workgroups: workgroupsFor(shaders.radix_count, runs),
  }
}

/** Moves items to the places that the sums of the counts say. With `numbersItems`, the item of a key is its index. */
export function radixScatter(options: RadixPassOptions & { numbersItems: boolean }): Kernel {
  const { label, count, digit, numbersItems } = options
  const runs = Math.ceil(count / RUN)
  return {
    label,
    shader: shaders.radix_scatter,
    params: { count, runs, shift: digit * DIGIT_BITS, numbers_items: Number(numbersItems) },
    inputs: { keys: count * 4, items: numbersItems ? 0 : count * 4 },
    outputs: { places: radixCounts(count) * 4, sorted_keys: count * 4, sorted_items: count * 4 },
    workgroups: workgroupsFor(shaders.radix_scatter, runs),
  }
}

/** Where the items of each key start in a sorted list that has every key below `keys`. Two more starts are the list's end. */
export function listStarts({ label, count, keys }: { label: string; count: number; keys: number }): Kernel {
  return {
    label,
    shader: shaders.list_starts,
    params: { count, keys },
    inputs: { sorted: count * 4 },
    outputs: { starts: (keys + 2) * 4 },
    workgroups: workgroupsFor(shaders.list_starts, count),
  }
}
