// Whether an adapter's subgroups are what it reports.

import { ShaderError } from './errors.ts'
import type { Gpu } from './gpu.ts'
import type { Kernel } from './kernel.ts'
import { runKernel } from './run_kernel.ts'
import * as shaders from './shaders.gen.ts'

/** Enough for several processors of a GPU. */
const INVOCATIONS = 1024

/** Leaves zeros in `faults`, [invocations], where subgroups have `subgroupSize` lanes, in the order of the invocations. */
export const subgroupLanes = (subgroupSize: number): Kernel => ({
  label: 'subgroup lanes',
  shader: shaders.subgroup_lanes,
  constants: { SUBGROUP_SIZE: subgroupSize },
  params: { invocations: INVOCATIONS },
  inputs: {},
  outputs: { faults: INVOCATIONS * 4 },
  workgroups: Math.ceil(INVOCATIONS / subgroupSize),
})

/**
 * The lanes of every subgroup. Undefined if the adapter has no subgroups, reports several sizes, runs others than it
 * reports (some Intel drivers do), or does not compile `enable subgroups` (some browsers do not).
 */
export async function findSubgroupSize(gpu: Gpu): Promise<number | undefined> {
  if (!gpu.device.features.has('subgroups')) return undefined
  const { subgroupMinSize: size, subgroupMaxSize } = gpu.info
  if (size === undefined || size !== subgroupMaxSize) return undefined
  try {
    const { faults } = await runKernel(gpu, subgroupLanes(size), {})
    return faults.every(byte => byte === 0) ? size : undefined
  } catch (error) {
    if (error instanceof ShaderError) return undefined
    throw error
  }
}
