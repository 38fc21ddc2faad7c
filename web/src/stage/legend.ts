// The list of classes: colour, name and share of the picture, whether a class is shown, and which one stands out.

import { byId, input, make } from '../dom.ts'
import { colourOf, onColours } from './class_colours.ts'

const list = byId('legend', HTMLElement)
const opacity = input('opacity')

const CLASSES = 256
/** While a class stands out, how much more of the photo it covers, of 255, and the share that the others keep of their opacity. */
const [LIT, DIM] = [48, 0.3]
const percent = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 1 })

export class Legend {
  readonly #hidden = new Set<string>()
  readonly #onChange: () => void
  #names: readonly string[] = []
  #shares: readonly number[] = []
  /** The id of the class that stands out. */
  #lit: number | undefined

  /** `onChange`: called when other classes are to be shown or to stand out, or at another opacity. */
  constructor(onChange: () => void) {
    this.#onChange = onChange
    opacity.addEventListener('input', onChange)
    onColours(() => {
      this.#render()
      onChange()
    })
    list.addEventListener('pointerover', ({ target }) => this.light(idOf(target)))
    list.addEventListener('pointerleave', () => this.light(undefined))
    list.addEventListener('focusin', ({ target }) => this.light(idOf(target)))
    list.addEventListener('focusout', () => this.light(undefined))
  }

  /** The names of the classes of the pictures that follow, by class id. */
  name(names: readonly string[]): void {
    this.#names = names
  }

  /** `counts`: pixels by class id. */
  show(counts: Uint32Array): void {
    const total = counts.reduce((sum, count) => sum + count, 0)
    this.#shares = this.#names.map((_, id) => counts[id] / total)
    this.#render()
  }

  /** Makes a class stand out from the others, if it is shown; `undefined`: none. */
  light(id: number | undefined): void {
    const lit = id !== undefined && this.isShown(id) ? id : undefined
    if (lit === this.#lit) return
    this.#lit = lit
    this.#mark()
    this.#onChange()
  }

  /** Whether a class is not outshone by another. */
  isLit(id: number): boolean {
    return this.#lit === undefined || this.#lit === id
  }

  /** Whether a class has a colour over the photo. */
  isShown(id: number): boolean {
    return id < this.#names.length && !this.#isBackground(id) && !this.#hidden.has(this.#names[id])
  }

  /** For `Painter`: each class with the opacity as its alpha. The background and hidden classes have none. */
  get colours(): Uint32Array {
    return Uint32Array.from({ length: CLASSES }, (_, id) => {
      const [red, green, blue] = colourOf(id)
      return red | (green << 8) | (blue << 16) | (this.#alphaOf(id) << 24)
    })
  }

  colourOf(id: number): string {
    return `rgb(${colourOf(id).join()})`
  }

  nameOf(id: number): string {
    return this.#names[id] ?? `class ${id}`
  }

  /** The picture in words. */
  get description(): string {
    const parts = this.#present().map(id => `${this.#names[id]} ${percent.format(this.#shares[id])}`)
    return parts.length > 0 ? `Picture with ${parts.join(', ')}` : 'Picture'
  }

  /** At least 1 for a class that is shown: then it has an outline. */
  #alphaOf(id: number): number {
    if (!this.isShown(id)) return 0
    const alpha = Math.max(1, Math.round(Number(opacity.value) * 2.55))
    if (this.#lit === undefined) return alpha
    return this.#lit === id ? Math.min(255, alpha + LIT) : Math.ceil(alpha * DIM)
  }

  #isBackground = (id: number) => id === 0 && this.#names[0] === 'background'

  /** Ids of the classes in the picture, the largest first. */
  #present(): number[] {
    return [...this.#shares.keys()]
      .filter(id => this.#shares[id] > 0)
      .sort((a, b) => this.#shares[b] - this.#shares[a])
  }

  #render(): void {
    list.replaceChildren(
      ...this.#present().map(id => {
        const share = make('span', { textContent: percent.format(this.#shares[id]) })
        const row = make('li', {}, this.#label(id), share)
        row.dataset.id = String(id)
        return row
      }),
    )
    this.#mark()
  }

  #mark(): void {
    for (const row of list.children) row.classList.toggle('lit', idOf(row) === this.#lit)
  }

  #label(id: number): HTMLElement {
    const name = this.#names[id]
    if (this.#isBackground(id)) return make('label', {}, name) // has no tint in the picture either
    const swatch = make('span', { className: 'swatch' })
    swatch.style.background = this.colourOf(id)
    const box = make('input', { type: 'checkbox', checked: !this.#hidden.has(name) })
    box.addEventListener('change', () => {
      if (box.checked) this.#hidden.delete(name)
      else this.#hidden.add(name)
      this.#onChange()
    })
    return make('label', {}, box, swatch, name)
  }
}

/** The id of the class whose row an element is in. */
function idOf(element: EventTarget | null): number | undefined {
  const id = (element as HTMLElement).closest<HTMLElement>('[data-id]')?.dataset.id
  return id === undefined ? undefined : Number(id)
}
