// The results of `atrous tune` and of tuning in the background as a text, which each platform keeps in its own way.

import * as v from 'valibot'
import { UserError } from '../errors.ts'
import type { Tuned } from '../graph/convolution/policy.ts'
import type { TunedStrategies, TuningStore } from '../graph/tune/tuning_store.ts'
import { parseJson } from '../json.ts'

/** How many adapters (with driver and version of the shaders) are kept, and how many convolutions for each: the latest. */
const MOST_KEYS = 16
const MOST_CONVOLUTIONS = 2000

/** The choice for each convolution, by key; the latest last. Plans ignore those that they do not know. */
const CONTENTS = v.record(v.string(), v.record(v.string(), v.string()))

type Contents = v.InferOutput<typeof CONTENTS>

export interface TuningText {
  /** Where it is kept, for messages. */
  name: string
  /** What writes it, for messages. */
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
    const latest = Object.fromEntries([...variants].slice(-MOST_CONVOLUTIONS))
    const kept = Object.entries(variants.size > 0 ? { ...others, [key]: latest } : others).slice(-MOST_KEYS)
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
