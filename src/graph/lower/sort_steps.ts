// Sorts and prefix sums as steps of an op. Their lists are scratch.

import { prefixSum, prefixSumAdd, prefixSumBlocks } from '../../kernels/sorting/prefix_sum.ts'
import { radixCount, radixCounts, radixPasses, radixScatter } from '../../kernels/sorting/radix_sort.ts'
import type { AnyOp } from '../ir/graph.ts'
import type { Tensor } from '../ir/tensor.ts'
import { oneStep, type Step, scratch } from './step.ts'

/** The sum of all values before each of `count` values. */
export function prefixSumSteps(op: AnyOp, values: Tensor, count: number): { steps: Step[]; sums: Tensor } {
  const blocks = prefixSumBlocks(count)
  const sums = scratch(op, count * 4, `${values.name} sums`)
  const totals = scratch(op, blocks * 4, `${values.name} totals`)
  const first = oneStep(op, prefixSum({ label: op.name, count }), { values, sums, totals })
  if (blocks === 1) return { steps: first, sums }
  const ofBlocks = prefixSumSteps(op, totals, blocks)
  const add = oneStep(op, prefixSumAdd({ label: op.name, count }), { before: ofBlocks.sums, sums })
  return { steps: [...first, ...ofBlocks.steps, ...add], sums }
}

interface Sorted {
  steps: Step[]
  /** The keys in their order. */
  keys: Tensor
  /** The index of each of them. Those of one key are in their own order. */
  items: Tensor
}

/** Sorts `count` keys, whole numbers below `limit`. */
export function sortSteps(
  op: AnyOp,
  { keys, count, limit }: { keys: Tensor; count: number; limit: number },
): Sorted {
  const list = (name: string) => scratch(op, count * 4, name)
  const lists = [0, 1].map(i => ({ keys: list(`sorted keys ${i}`), items: list(`sorted items ${i}`) }))
  const counts = scratch(op, radixCounts(count) * 4, 'counts')
  const { steps: sum, sums: places } = prefixSumSteps(op, counts, radixCounts(count))
  const steps: Step[] = []
  let from: { keys: Tensor; items?: Tensor } = { keys }
  for (let digit = 0; digit < radixPasses(limit); digit++) {
    const pass = { label: op.name, count, digit }
    const to = lists[digit % 2]
    const moved = { places, sorted_keys: to.keys, sorted_items: to.items }
    steps.push(
      ...oneStep(op, radixCount(pass), { keys: from.keys, counts }),
      ...sum,
      ...oneStep(op, radixScatter({ ...pass, numbersItems: digit === 0 }), { ...from, ...moved }),
    )
    from = to
  }
  const { keys: sortedKeys, items } = lists[(radixPasses(limit) - 1) % 2]
  return { steps, keys: sortedKeys, items }
}
