// The view of where the network is not sure: a heat over the picture, and a hint where a stroke would help the most.

import { IGNORE_INDEX } from '../../../src/web/index.ts'
import { byId, input } from '../dom.ts'
import { doing, showProgress } from '../messages.ts'
import type { Session } from '../session.ts'
import { networkSettings } from '../settings/settings.ts'
import type { PaintedPhotos } from './painted_photos.ts'
import type { Strokes } from './strokes.ts'
import type { Teaching } from './teaching.ts'
import { heatOf, leastSure, type Uncertainty, uncertaintyOf } from './uncertainty.ts'

const canvas = byId('heat', HTMLCanvasElement)
const hint = byId('paint-here', HTMLElement)
const toggle = input('show-heat')
const note = byId('heat-note', HTMLElement)

interface Shown {
  session: Session
  teaching: Teaching
  painted: PaintedPhotos
}

export class Heat {
  readonly #of: Shown
  #isOpen = false
  /** Counts what is to be shown: what is older is dropped. */
  #turn = 0

  constructor(of: Shown) {
    this.#of = of
    toggle.addEventListener('change', () => this.update())
  }

  /** Shows it while the panel is open. */
  open(isOpen: boolean): void {
    this.#isOpen = isOpen
    this.update()
  }

  /** Computes the heat again, for another photo or another model, if it is to be shown. */
  update(): void {
    this.hide()
    if (toggle.checked && this.#isOpen) doing(() => this.#show(), toggle)
  }

  hide(): void {
    this.#turn++
    canvas.hidden = hint.hidden = true
    note.textContent = ''
  }

  async #show(): Promise<void> {
    const { session, teaching, painted } = this.#of
    const { photo } = session
    if (!photo) return
    const turn = this.#turn
    showProgress('Looking where the network is not sure …')
    const { probabilities } = await teaching.model.segment(photo.image, {
      ...networkSettings(),
      output: 'probabilities',
      at: 'network',
    })
    if (turn !== this.#turn) return
    showProgress('')
    const found = uncertaintyOf(probabilities)
    this.#draw(found)
    this.#pointOut(found, painted.of(photo, teaching.photos).strokes)
  }

  #draw(found: Uncertainty): void {
    const { width, height } = found
    Object.assign(canvas, { width, height })
    canvas.getContext('2d')!.putImageData(new ImageData(heatOf(found), width, height), 0, 0)
    canvas.hidden = false
    const mean = found.values.reduce((sum, value) => sum + value, 0) / found.values.length
    note.textContent = `Bright: the network is not sure. The mean is ${Math.round(100 * mean)} of 100.`
  }

  #pointOut(found: Uncertainty, { labels, width, height }: Strokes): void {
    const point = leastSure(found, ({ x, y }) => {
      const pixel = Math.floor(y * height) * width + Math.floor(x * width)
      return labels[pixel] !== IGNORE_INDEX
    })
    if (!point) return
    hint.style.left = `${100 * point.x}%`
    hint.style.top = `${100 * point.y}%`
    hint.hidden = false
  }
}
