// The GPU's sums of the values before each value, over lists of any length.

import type { Launch, Range } from '../gpu/launch.ts'
import { prefixSum, prefixSumAdd, prefixSumBlocks } from '../kernels/crf/prefix_sum.ts'
import { type CrfBuffers, launch } from './crf_buffers.ts'

interface Sums {
  launches: Launch[]
  sums: Range
  /** One number: the sum of all values. */
  total: Range
  /** Every buffer of the above, and those between. */
  ranges: Range[]
}

/** The sum of all values before each value. Sums of blocks are added up in the same way, until there is one block. */
export async function sumsBefore(buffers: CrfBuffers, values: Range, count: number): Promise<Sums> {
  const blocks = prefixSumBlocks(count)
  const sums = await buffers.zeros('sums', count * 4)
  const totals = await buffers.zeros('totals', blocks * 4)
  const first = launch(prefixSum({ label: 'crf sums', count }), { values, sums, totals })
  if (blocks === 1) return { launches: [first], sums, total: totals, ranges: [sums, totals] }
  const ofBlocks = await sumsBefore(buffers, totals, blocks)
  const add = launch(prefixSumAdd({ label: 'crf sums of blocks', count }), { before: ofBlocks.sums, sums })
  return {
    launches: [first, ...ofBlocks.launches, add],
    sums,
    total: ofBlocks.total,
    ranges: [sums, totals, ...ofBlocks.ranges],
  }
}
