// The classes of the model as a list in which they are renamed, recoloured and removed.

import { byId, make } from '../dom.ts'
import { doing } from '../messages.ts'
import { colourIn, colourOf, hexOf, onColours, recolour } from '../stage/class_colours.ts'

const list = byId('class-list', HTMLElement)

interface ClassChanges {
  rename(id: number, name: string): Promise<void>
  remove(id: number): Promise<void>
}

export class ClassList {
  readonly #changes: ClassChanges
  #names: readonly string[] = []

  constructor(changes: ClassChanges) {
    this.#changes = changes
    onColours(() => this.show(this.#names))
  }

  show(names: readonly string[]): void {
    this.#names = names
    list.replaceChildren(...names.map((name, id) => make('li', {}, ...this.#row(name, id))))
  }

  #row(name: string, id: number): HTMLElement[] {
    const colour = make('input', {
      type: 'color',
      value: hexOf(colourOf(id)),
      ariaLabel: `Colour of ${name}`,
    })
    const text = make('input', { type: 'text', value: name, maxLength: 40, ariaLabel: `Name of ${name}` })
    const remove = make('button', { type: 'button', textContent: 'Remove', ariaLabel: `Remove ${name}` })
    text.autocomplete = 'off'
    colour.addEventListener('change', () => recolour(id, colourIn(colour.value)))
    text.addEventListener('change', () =>
      doing(async () => {
        try {
          await this.#changes.rename(id, text.value.trim())
        } catch (error) {
          text.value = name
          throw error
        }
      }, list),
    )
    remove.addEventListener('click', () => doing(() => this.#changes.remove(id), list))
    return [colour, text, remove]
  }
}
