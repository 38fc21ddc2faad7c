// The class under the pointer: its name follows the pointer, and it stands out from the others.

import { byId } from '../dom.ts'
import type { Point } from '../teach/strokes.ts'
import type { Legend } from './legend.ts'
import { zoom } from './zoom.ts'

const canvas = byId('canvas', HTMLCanvasElement)
const pointed = byId('pointed', HTMLElement)

/** The class id of a point of the picture, in shares of its width and height; undefined without a picture. */
export type ClassAt = (point: Point) => Promise<number | undefined>

export class Hover {
  readonly #legend: Legend
  readonly #classAt: ClassAt
  /** The pointer's last place. An answer for an earlier one comes too late. */
  #last: PointerEvent | undefined

  constructor(legend: Legend, classAt: ClassAt, signal: AbortSignal) {
    this.#legend = legend
    this.#classAt = classAt
    canvas.addEventListener('pointermove', event => this.#point(event), { signal })
    canvas.addEventListener('pointerleave', () => this.#leave(), { signal })
    signal.addEventListener('abort', () => this.#leave())
  }

  #leave(): void {
    this.#last = undefined
    pointed.hidden = true
    this.#legend.light(undefined)
  }

  async #point(event: PointerEvent): Promise<void> {
    this.#last = event
    const point = zoom.pictureAt(event)
    if (Math.min(point.x, point.y) < 0 || Math.max(point.x, point.y) >= 1) return
    const id = await this.#classAt(point)
    if (this.#last !== event || id === undefined) return
    const { x, y } = zoom.pixelsAt(point)
    pointed.textContent = this.#legend.nameOf(id)
    pointed.style.left = `${x}px`
    pointed.style.top = `${y}px`
    pointed.hidden = false
    this.#legend.light(id)
  }
}
