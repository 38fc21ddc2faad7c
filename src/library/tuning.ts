// The measurements of tuning on a GPU, where they are kept from one program to the next, and how they are written there.

import * as v from 'valibot'
import { UserError } from '../errors.ts'
import type { Gpu } from '../gpu/gpu.ts'
import type { Tuned } from '../graph/convolution/policy.ts'
import { type TunedStrategies, type TuningStore, tuningKey } from '../graph/tune/tuning_store.ts'
import { parseJson } from '../json.ts'

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

/** How many adapters (with driver and version of the shaders) are kept, and how many convolutions for each: the latest. */
const MAX_KEYS = 16
const MAX_CONVOLUTIONS = 2000

/** The choice for each convolution, by key; the latest last. Plans ignore those that they do not know. */
const CONTENTS = v.record(v.string(), v.record(v.string(), v.string()))

type Contents = v.InferOutput<typeof CONTENTS>

export interface TuningText {
  /** Where it is kept, for messages. */
  name: string
  /** The program that writes it, for messages. */
  writer: string
  /** Undefined if there is none. */
  read(): Promise<string | undefined>
  write(text: string): Promise<void>
}

export class TextTuningStore implements TuningStore {
  readonly #text: TuningText
  readonly #warn: (message: string) => void

  /** `warn` is called with the reason why a text is not used. */
  constructor(text: TuningText, warn: (message: string) => void) {
    this.#text = text
    this.#warn = warn
  }

  async read(key: string): Promise<TunedStrategies> {
    return new Map(Object.entries((await this.#contents())[key] ?? {}))
  }

  /** If two programs write at the same time, the results of one may be lost. Throws what the text's `write` throws. */
  async write(key: string, variants: Tuned): Promise<void> {
    const { [key]: _, ...others } = await this.#contents()
    const latest = Object.fromEntries([...variants].slice(-MAX_CONVOLUTIONS))
    const kept = Object.entries(variants.size > 0 ? { ...others, [key]: latest } : others).slice(-MAX_KEYS)
    await this.#text.write(`${JSON.stringify(Object.fromEntries(kept), undefined, 1)}\n`)
  }

  async #contents(): Promise<Contents> {
    const text = (await this.#text.read()) ?? '{}'
    try {
      return parseJson(CONTENTS, text, this.#text.name)
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      const { name, writer } = this.#text
      this.#warn(`${name} is damaged and ignored; ${writer} replaces it`)
      return {}
    }
  }
}
