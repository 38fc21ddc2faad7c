// The list of classes: colour, name and share of the picture, and whether a class is shown.

import { colourOf, onColours } from './class_colours.ts'
import { byId, input, make } from './dom.ts'

const list = byId('legend', HTMLElement)
const opacity = input('opacity')

const CLASSES = 256
const percent = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 1 })

export class Legend {
  readonly #hidden = new Set<string>()
  readonly #onChange: () => void
  #names: readonly string[] = []
  #shares: readonly number[] = []

  /** `onChange`: called when other classes are to be shown, or at another opacity. */
  constructor(onChange: () => void) {
    this.#onChange = onChange
    opacity.addEventListener('input', onChange)
    onColours(() => {
      this.#render()
      onChange()
    })
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

  /** For `Painter`: each class with the opacity as its alpha. The background and hidden classes have none. */
  get colours(): Uint32Array {
    const alpha = Math.round(Number(opacity.value) * 2.55)
    return Uint32Array.from({ length: CLASSES }, (_, id) => {
      const [red, green, blue] = colourOf(id)
      const isShown = id < this.#names.length && !this.#isBackground(id) && !this.#hidden.has(this.#names[id])
      return red | (green << 8) | (blue << 16) | ((isShown ? alpha : 0) << 24)
    })
  }

  nameOf(id: number): string {
    return this.#names[id] ?? `class ${id}`
  }

  /** The picture in words. */
  get description(): string {
    const parts = this.#present().map(id => `${this.#names[id]} ${percent.format(this.#shares[id])}`)
    return parts.length > 0 ? `Picture with ${parts.join(', ')}` : 'Picture'
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
      ...this.#present().map(id =>
        make('li', {}, this.#label(id), make('span', { textContent: percent.format(this.#shares[id]) })),
      ),
    )
  }

  #label(id: number): HTMLElement {
    const name = this.#names[id]
    const swatch = make('span', { className: 'swatch' })
    if (this.#isBackground(id)) return make('label', {}, swatch, name) // has no tint in the picture either
    swatch.style.background = `rgb(${colourOf(id).join()})`
    const box = make('input', { type: 'checkbox', checked: !this.#hidden.has(name) })
    box.addEventListener('change', () => {
      if (box.checked) this.#hidden.delete(name)
      else this.#hidden.add(name)
      this.#onChange()
    })
    return make('label', {}, box, swatch, name)
  }
}
