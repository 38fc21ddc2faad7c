// What `atrous tune` and the first use of a size measure, in a file of the cache folder.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Gpu } from '../gpu/gpu.ts'
import { type TunedVariants, type TuningStore, tuningKey } from '../graph/tuning_store.ts'
import { type Conv2dVariant, conv2dVariants } from '../kernels/choose_conv2d.ts'
import { writeFileAtomic } from './atomic.ts'
import { cacheFolder } from './cache.ts'

/** Adapters, with their drivers and versions of the shaders, and convolutions of each: the latest that were measured. */
const MOST_KEYS = 16
const MOST_CONVOLUTIONS = 2000

export const tuningFile = (): string => join(cacheFolder(), 'tuning.json')

/** By key, the variant of each convolution; the latest last. */
type Contents = Record<string, Record<string, Conv2dVariant>>

export class FileTuningStore implements TuningStore {
  readonly #file: string

  constructor(file = tuningFile()) {
    this.#file = file
  }

  async read(key: string): Promise<TunedVariants> {
    return new Map(Object.entries((await this.#contents())[key] ?? {}))
  }

  /** Of two programs that write at a time, one may lose what it wrote. Throws a UserError where the file system refuses. */
  async write(key: string, variants: ReadonlyMap<string, Conv2dVariant>): Promise<void> {
    const { [key]: _, ...others } = await this.#contents()
    const latest = Object.fromEntries([...variants].slice(-MOST_CONVOLUTIONS))
    const kept = Object.entries(variants.size > 0 ? { ...others, [key]: latest } : others).slice(-MOST_KEYS)
    await writeFileAtomic(this.#file, `${JSON.stringify(Object.fromEntries(kept), undefined, 1)}\n`)
  }

  async #contents(): Promise<Contents> {
    const text = await readFile(this.#file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') console.warn(`warning: ${this.#file} is left alone: ${error.message}`)
      return '{}'
    })
    const contents = parse(text)
    if (contents) return contents
    console.warn(`warning: ${this.#file} is damaged and left alone; atrous tune writes it anew`)
    return {}
  }
}

/** Undefined where it is not what `write` writes. */
function parse(text: string): Contents | undefined {
  try {
    const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value)
    const found: Contents = JSON.parse(text)
    const isWhole =
      isObject(found) &&
      Object.values(found).every(
        variants =>
          isObject(variants) && Object.values(variants).every(name => conv2dVariants.includes(name)),
      )
    return isWhole ? found : undefined
  } catch {
    return undefined
  }
}

/** What was measured on a GPU, and what keeps more of it. */
export interface Tuning {
  readonly variants: TunedVariants
  /** Keeps the variants, beside those that another program may have kept meanwhile. */
  save(): Promise<void>
  forget(): Promise<void>
}

export async function openTuning(gpu: Gpu, store: TuningStore = new FileTuningStore()): Promise<Tuning> {
  const key = await tuningKey(gpu)
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
