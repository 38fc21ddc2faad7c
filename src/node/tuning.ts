// What `atrous tune` and the first use of a size measure, in a file of the cache folder.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as v from 'valibot'
import { UserError } from '../errors.ts'
import type { Gpu } from '../gpu/gpu.ts'
import { type Conv2dVariant, conv2dVariants } from '../graph/convolution/strategies.ts'
import { type TunedVariants, type TuningStore, tuningKey } from '../graph/tune/tuning_store.ts'
import { parseJson } from '../json.ts'
import { cacheFolder } from './cache.ts'
import { writeFileAtomic } from './files/atomic.ts'

/** Adapters, with their drivers and versions of the shaders, and convolutions of each: the latest that were measured. */
const MOST_KEYS = 16
const MOST_CONVOLUTIONS = 2000

export const tuningFile = (): string => join(cacheFolder(), 'tuning.json')

/** By key, the variant of each convolution; the latest last. */
const CONTENTS = v.record(v.string(), v.record(v.string(), v.picklist(conv2dVariants)))

type Contents = v.InferOutput<typeof CONTENTS>

export class FileTuningStore implements TuningStore {
  readonly #file: string
  readonly #warn: (message: string) => void

  /** `warn` is told why a file is not read. */
  constructor(file = tuningFile(), warn = (message: string): void => console.warn(`warning: ${message}`)) {
    this.#file = file
    this.#warn = warn
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
      if (error.code !== 'ENOENT') this.#warn(`${this.#file} is left alone: ${error.message}`)
      return '{}'
    })
    try {
      return parseJson(CONTENTS, text, this.#file)
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      this.#warn(`${this.#file} is damaged and left alone; atrous tune writes it anew`)
      return {}
    }
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
