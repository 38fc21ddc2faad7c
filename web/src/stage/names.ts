// The names of classes on the picture, as labels over it.

import { byId, input, make } from '../dom.ts'
import { type ClassMap, type Spot, spotsOf } from './class_spots.ts'
import { placesFor } from './label_places.ts'
import type { Legend } from './legend.ts'
import { zoom } from './zoom.ts'

const view = byId('view', HTMLElement)
const labels = byId('names', HTMLElement)
const isShown = input('show-names')

export class Names {
  readonly #legend: Legend
  #spots: Spot[] = []

  constructor(legend: Legend, signal: AbortSignal) {
    this.#legend = legend
    labels.replaceChildren() // those of the model before
    isShown.addEventListener('change', () => this.place(), { signal })
  }

  /** Names the classes of a picture. */
  show(map: ClassMap): void {
    this.#spots = spotsOf(map, this.#spots)
    labels.replaceChildren(...this.#spots.map(() => make('span')))
    this.place()
  }

  /** Writes the labels, and puts them where their spots are on the screen now. */
  place(): void {
    labels.hidden = !isShown.checked
    const all = [...labels.children] as HTMLElement[]
    for (const [i, label] of all.entries()) {
      const { id } = this.#spots[i]
      label.textContent = this.#legend.nameOf(id)
      label.style.setProperty('--colour', this.#legend.colourOf(id))
      label.hidden = !this.#legend.isShown(id)
      label.classList.toggle('dim', !this.#legend.isLit(id))
    }
    const present = all
      .map((label, i) => ({ label, spot: this.#spots[i] }))
      .filter(({ label }) => !label.hidden)
    const places = placesFor(
      present.map(({ spot }) => spot),
      {
        sizes: present.map(({ label }) => ({ width: label.offsetWidth, height: label.offsetHeight })),
        box: { width: view.clientWidth, height: view.clientHeight },
        window: zoom.window,
      },
    )
    for (const [i, { label }] of present.entries()) {
      const place = places[i]
      label.style.visibility = place ? 'visible' : 'hidden'
      if (place) label.style.transform = `translate(${place.x}px, ${place.y}px) translate(-50%, -50%)`
    }
  }
}
