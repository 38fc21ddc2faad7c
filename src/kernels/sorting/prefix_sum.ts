import type { Kernel } from '../../gpu/kernel.ts'
import { constantOf, workgroupsFor } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'

const BLOCK = constantOf(shaders.prefix_sum, 'BLOCK')

/** The blocks of so many values. */
export const prefixSumBlocks = (count: number): number => Math.ceil(count / BLOCK)

/** The sum of the values before each value within its block, and the sum of each block. */
export function prefixSum({ label, count }: { label: string; count: number }): Kernel {
  const blocks = prefixSumBlocks(count)
  return {
    label,
    shader: shaders.prefix_sum,
    params: { count, blocks },
    inputs: { values: count * 4 },
    outputs: { sums: count * 4, totals: blocks * 4 },
    workgroups: blocks,
  }
}

/** Adds to each block's sums the values of all blocks before it. */
export function prefixSumAdd({ label, count }: { label: string; count: number }): Kernel {
  return {
    label,
    shader: shaders.prefix_sum_add,
    params: { count },
    inputs: { before: prefixSumBlocks(count) * 4 },
    outputs: { sums: count * 4 },
    workgroups: workgroupsFor(shaders.prefix_sum_add, count),
  }
}
