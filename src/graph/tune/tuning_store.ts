// Measurements of an adapter, kept from one program to the next.

import type { Gpu } from '../../gpu/gpu.ts'
import { shadersVersion } from '../../gpu/shaders_version.gen.ts'
import type { Tuned } from '../convolution/policy.ts'

/** The fastest strategy for each convolution that was measured. */
export type TunedStrategies = Map<string, string>

export interface TuningStore {
  /** The strategies that were written under a key; none where nothing was, or where it cannot be read. */
  read(key: string): Promise<TunedStrategies>
  /** Replaces what was written under a key. */
  write(key: string, strategies: Tuned): Promise<void>
}

/** @internal What measurements hold for: an adapter with its driver, which WebGPU names in its description, and the shaders as they are. */
export function tuningKey({ info, subgroupSize }: Pick<Gpu, 'info' | 'subgroupSize'>): string {
  const { vendor, architecture, device, description } = info
  return JSON.stringify({ vendor, architecture, device, description, subgroupSize, shaders: shadersVersion })
}
