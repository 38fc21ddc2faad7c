// The results of `atrous tune` and of tuning in the background, in a file of the cache folder.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as v from 'valibot'
import { UserError } from '../errors.ts'
import type { Gpu } from '../gpu/gpu.ts'
import type { Tuned } from '../graph/convolution/target.ts'
import type { TunedVariants, TuningStore } from '../graph/tune/tuning_store.ts'
import { parseJson } from '../json.ts'
import { type Tuning, tuningIn } from '../library/tuning.ts'
import { cacheFolder } from './cache.ts'
import { writeFileAtomic } from './files/atomic.ts'

/** How many adapters (with driver and version of the shaders) are kept, and how many convolutions for each: the latest. */
const MOST_KEYS = 16
const MOST_CONVOLUTIONS = 2000

export const tuningFile = (): string => join(cacheFolder(), 'tuning.json')

/** The choice for each convolution, by key; the latest last. Plans ignore those that they do not know. */
const CONTENTS = v.record(v.string(), v.record(v.string(), v.string()))

type Contents = v.InferOutput<typeof CONTENTS>

export class FileTuningStore implements TuningStore {
  readonly #file: string
  readonly #warn: (message: string) => void

  /** `warn` is called with the reason why a file is not read. */
  constructor(file = tuningFile(), warn = (message: string): void => console.warn(`warning: ${message}`)) {
    this.#file = file
    this.#warn = warn
  }

  async read(key: string): Promise<TunedVariants> {
    return new Map(Object.entries((await this.#contents())[key] ?? {}))
  }

  /** If two programs write at the same time, the results of one may be lost. Throws a UserError if the file system refuses. */
  async write(key: string, variants: Tuned): Promise<void> {
    const { [key]: _, ...others } = await this.#contents()
    const latest = Object.fromEntries([...variants].slice(-MOST_CONVOLUTIONS))
    const kept = Object.entries(variants.size > 0 ? { ...others, [key]: latest } : others).slice(-MOST_KEYS)
    await writeFileAtomic(this.#file, `${JSON.stringify(Object.fromEntries(kept), undefined, 1)}\n`)
  }

  async #contents(): Promise<Contents> {
    const text = await readFile(this.#file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') this.#warn(`${this.#file} cannot be read and is ignored: ${error.message}`)
      return '{}'
    })
    try {
      return parseJson(CONTENTS, text, this.#file)
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      this.#warn(`${this.#file} is damaged and ignored; atrous tune replaces it`)
      return {}
    }
  }
}

export const openTuning = (gpu: Gpu, store: TuningStore = new FileTuningStore()): Promise<Tuning> =>
  tuningIn(store, gpu)
