// What was measured on an adapter, from one program to the next.

import type { Gpu } from '../../gpu/gpu.ts'
import { shaders } from '../../gpu/shaders.gen.ts'
import type { Tuned } from '../convolution/target.ts'

/** The fastest choice for each convolution that was measured. */
export type TunedVariants = Map<string, string>

export interface TuningStore {
  /** What was written under a key; nothing where nothing was, or where it cannot be read. */
  read(key: string): Promise<TunedVariants>
  /** Replaces what was written under a key. */
  write(key: string, variants: Tuned): Promise<void>
}

/** @internal What measurements hold for: an adapter with its driver, which WebGPU names in its description, and the shaders as they are. */
export async function tuningKey({ info, subgroupSize }: Pick<Gpu, 'info' | 'subgroupSize'>): Promise<string> {
  const { vendor, architecture, device, description } = info
  const texts = new TextEncoder().encode(JSON.stringify(Object.entries(shaders).sort()))
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', texts)).slice(0, 8)
  const version = [...hash].map(byte => byte.toString(16).padStart(2, '0')).join('')
  return JSON.stringify({ vendor, architecture, device, description, subgroupSize, shaders: version })
}
