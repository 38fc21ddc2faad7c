// What tuning measured on a GPU, and where it is kept from one program to the next.

import type { Gpu } from '../gpu/gpu.ts'
import { type TunedStrategies, type TuningStore, tuningKey } from '../graph/tune/tuning_store.ts'

/** The measurements for a GPU, and functions to save more of them. */
export interface Tuning {
  readonly variants: TunedStrategies
  /** Saves the variants, together with those that another program may have saved meanwhile. */
  save(): Promise<void>
  forget(): Promise<void>
}

export async function tuningIn(store: TuningStore, gpu: Gpu): Promise<Tuning> {
  const key = tuningKey(gpu)
  const variants = await store.read(key)
  return {
    variants,
    save: async () => store.write(key, new Map([...(await store.read(key)), ...variants])),
    async forget() {
      variants.clear()
      await store.write(key, variants)
    },
  }
}
