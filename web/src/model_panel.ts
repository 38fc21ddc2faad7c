// The panel that chooses and loads a model, and names the one that is loaded.

import registry from '../../weights/registry.json' with { type: 'json' }
import { button, byId, input, make, select } from './dom.ts'
import { doing, showProgress } from './messages.ts'

const choice = select('model')
const note = byId('model-note', HTMLElement)
const files = input('model-files')
const cancel = button('cancel-model')
const offer = byId('offer', HTMLElement)
const take = button('take-offer')

/** The model that comes with the page, and the one that it offers for photos. */
const SHIPPED = 'scenes'
const OFFERED = 'deeplabv3_mobilenet_v2'
/** The name under which the browser keeps the choice until the next visit. */
const KEPT = 'atrous.model'

export type ModelSource = string | File[]

/** Called with what the user chose. It reports the bytes that are loaded, as a share of all. */
export type LoadModel = (
  source: ModelSource,
  options: { signal: AbortSignal; onProgress(text: string, share?: number): void },
) => Promise<void>

export class ModelPanel {
  readonly #load: LoadModel
  #loading: AbortController | undefined
  /** The model that is loaded. */
  #loaded: ModelSource | undefined
  /** The files that the user opened last, as a choice of the list. */
  #opened: { option: HTMLOptionElement; source: File[] } | undefined

  constructor(load: LoadModel) {
    this.#load = load
    choice.append(...registry.map(({ name }) => make('option', { value: name, textContent: name })))
    choice.addEventListener('change', () => this.open(this.#chosen, choice))
    button('choose-model').addEventListener('click', () => files.click())
    files.addEventListener('change', () => this.open([...(files.files ?? [])], button('choose-model')))
    cancel.addEventListener('click', () => {
      this.#loading?.abort()
      showProgress('')
    })
    take.textContent = `Get the network for photos (${Math.round(entryOf(OFFERED)!.megabytes)} MB)`
    take.addEventListener('click', () => this.open(OFFERED, take))
  }

  /** What the user chose on the last visit, or the shipped model. */
  get remembered(): string {
    const kept = localStorage.getItem(KEPT)
    return kept !== null && entryOf(kept) ? kept : SHIPPED
  }

  /** Loads a model, as `load` does. `beside` gets the problem. */
  open(source: ModelSource, beside?: HTMLElement): void {
    doing(() => this.load(source), beside)
  }

  /** Loads a model. Where that fails, the model before stays, also in the list. */
  async load(source: ModelSource): Promise<void> {
    this.#loading?.abort()
    const loading = new AbortController()
    this.#loading = loading
    cancel.hidden = false
    this.#show(source)
    const load = async (its: ModelSource) => {
      await this.#load(its, { signal: loading.signal, onProgress: showProgress })
      this.#loaded = its
    }
    try {
      await load(source)
      if (typeof source === 'string') localStorage.setItem(KEPT, source)
    } catch (error) {
      // The page begins with the shipped model where the last visit's is out of reach.
      if (!this.#loaded && source !== SHIPPED && !loading.signal.aborted) await load(SHIPPED)
      throw error
    } finally {
      if (this.#loading === loading) {
        cancel.hidden = true
        this.#show(this.#loaded ?? SHIPPED)
      }
    }
  }

  get #chosen(): ModelSource {
    return choice.selectedOptions[0] === this.#opened?.option ? this.#opened.source : choice.value
  }

  /** Names a model in the list, where files that the user opened become one more choice. */
  #show(source: ModelSource): void {
    note.textContent = noteOf(source)
    offer.hidden = source !== SHIPPED
    if (typeof source === 'string') {
      choice.value = source
      return
    }
    if (this.#opened?.source !== source) {
      this.#opened?.option.remove()
      this.#opened = { option: make('option', { textContent: namesOf(source) }), source }
      choice.append(this.#opened.option)
    }
    this.#opened.option.selected = true
  }
}

const entryOf = (name: string) => registry.find(entry => entry.name === name)

const namesOf = (source: File[]) => source.map(({ name }) => name).join(', ')

function noteOf(source: ModelSource): string {
  if (typeof source !== 'string') return namesOf(source)
  const entry = entryOf(source)
  return entry ? `${entry.description}. ${entry.megabytes} MB, ${entry.licence}.` : source
}
