// The panel that chooses and loads a model.

import registry from '../../weights/registry.json' with { type: 'json' }
import { button, byId, input, make, select } from './dom.ts'
import { doing, showProgress } from './messages.ts'

const choice = select('model')
const note = byId('model-note', HTMLElement)
const files = input('model-files')
const cancel = button('cancel-model')

export type ModelSource = string | File[]

/** Called with what the user chose. It reports the bytes that are loaded, as a share of all. */
export type LoadModel = (
  source: ModelSource,
  options: { signal: AbortSignal; onProgress(text: string, share?: number): void },
) => Promise<void>

/** The panel. It starts with the shipped model. */
export class ModelPanel {
  readonly #load: LoadModel
  #loading: AbortController | undefined

  constructor(load: LoadModel) {
    this.#load = load
    choice.append(...registry.map(({ name }) => make('option', { value: name, textContent: name })))
    choice.addEventListener('change', () => this.open(choice.value))
    button('choose-model').addEventListener('click', () => files.click())
    files.addEventListener('change', () => this.open([...(files.files ?? [])]))
    cancel.addEventListener('click', () => this.#loading?.abort())
  }

  open(source: ModelSource): void {
    this.#loading?.abort()
    const loading = new AbortController()
    this.#loading = loading
    cancel.hidden = false
    note.textContent = noteOf(source)
    doing(async () => {
      try {
        await this.#load(source, { signal: loading.signal, onProgress: showProgress })
      } finally {
        if (this.#loading === loading) cancel.hidden = true
      }
    })
  }
}

function noteOf(source: ModelSource): string {
  if (typeof source !== 'string') return source.map(({ name }) => name).join(', ')
  const entry = registry.find(({ name }) => name === source)
  return entry ? `${entry.description} ${entry.megabytes} MB, ${entry.licence}.` : source
}
