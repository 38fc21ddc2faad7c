// Whether an adapter's subgroups are what it reports.

import { ShaderError } from '../errors.ts'
import type { Gpu } from '../gpu.ts'
import type { Kernel } from '../kernel.ts'
import { runKernel } from '../run_kernel.ts'
import * as shaders from '../shaders.gen.ts'

/** Enough for several processors of a GPU. */
const INVOCATIONS = 1024

/** Leaves zeros in `faults`, [invocations], if subgroups have `subgroupSize` lanes, in the order of the invocations. */
export const subgroupLanes = (subgroupSize: number): Kernel => ({
  label: 'subgroup lanes',
  shader: shaders.subgroup_lanes,
  constants: { SUBGROUP_SIZE: subgroupSize },
  subgroupSize,
  params: { invocations: INVOCATIONS },
  inputs: {},
  outputs: { faults: INVOCATIONS * 4 },
  workgroups: Math.ceil(INVOCATIONS / subgroupSize),
})

/**
 * The sizes of subgroups that kernels can ask for by what the adapter reports: the powers of two in its range, or the one size that
 * all have. None if the device has no subgroups, or has several sizes and chooses by itself.
 */
export function reportedSubgroupSizes({ device, info }: Pick<Gpu, 'device' | 'info'>): number[] {
  const { subgroupMinSize: least, subgroupMaxSize: most } = info
  if (!device.features.has('subgroups') || least === undefined || most === undefined) return []
  if (least !== most && !device.features.has('subgroup-size-control')) return []
  return [4, 8, 16, 32, 64, 128].filter(size => size >= least && size <= most)
}

/**
 * Those of `gpu.subgroupSizes` that kernels get. The others run with other sizes than the adapter reports (by some Intel drivers),
 * or do not compile (in browsers that refuse `enable subgroups`, and where a range has sizes that are not for compute shaders).
 */
export async function triedSubgroupSizes(gpu: Gpu): Promise<number[]> {
  const isRight = await Promise.all(gpu.subgroupSizes.map(size => hasLanes(gpu, size)))
  return gpu.subgroupSizes.filter((_, i) => isRight[i])
}

async function hasLanes(gpu: Gpu, size: number): Promise<boolean> {
  try {
    const { faults } = await runKernel(gpu, subgroupLanes(size), {})
    return faults.every(byte => byte === 0)
  } catch (error) {
    if (error instanceof ShaderError) return false
    throw error
  }
}
