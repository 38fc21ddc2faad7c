// Describes the GPU for the output of commands.

import type { Gpu } from '../gpu/gpu.ts'

/** The limits that determine which networks fit and how fast they run. */
const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupStorageSize',
] as const

export type Adapter = ReturnType<typeof describeAdapter>

export function describeAdapter({ info, device, isCpu, subgroupSize, subgroupSizes }: Gpu) {
  const { vendor, architecture, device: name, description } = info
  return {
    vendor,
    architecture,
    device: name,
    description,
    /** Whether it computes on the CPU. */
    software: isCpu,
    features: [...device.features].sort(),
    /** The lanes of every subgroup, if kernels can rely on it. */
    subgroupSize,
    /** The lanes of a subgroup that kernels can ask for. */
    subgroupSizes,
    /** The least and the most lanes that the adapter reports. */
    reportedSubgroups: device.features.has('subgroups')
      ? [info.subgroupMinSize, info.subgroupMaxSize]
      : undefined,
    limits: Object.fromEntries(LIMITS.map(limit => [limit, device.limits[limit]])),
  }
}

export const adapterName = ({ vendor, architecture, description }: Adapter): string =>
  [vendor, architecture, description].filter(text => text !== '').join(', ')
