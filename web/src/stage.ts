// The picture: a photo with its classes over it, drawn by the GPU, with the line up to which the photo is alone, and the class under
// the pointer.

import type { Gpu } from '../../src/gpu/gpu.ts'
import type { GpuClassMap, GpuPhoto } from '../../src/inference/segmenter.ts'
import { MaskReader, Painter } from '../../src/web/index.ts'
import { byId, input } from './dom.ts'
import type { Legend } from './legend.ts'
import { showProblem } from './messages.ts'

const canvas = byId('canvas', HTMLCanvasElement)
const view = byId('view', HTMLElement)
const empty = byId('empty', HTMLElement)
const divider = byId('divider', HTMLElement)
const pointed = byId('pointed', HTMLElement)
const split = input('split')

/** The longest edge of the canvas: more than a screen shows, and less than any GPU's largest texture. */
const MAX_PIXELS = 2560

export interface Picture {
  photo: GpuPhoto
  map: GpuClassMap
}

export class Stage {
  readonly gpu: Gpu
  readonly #painter: Painter
  readonly #masks: MaskReader
  readonly #legend: Legend
  readonly #ends = new AbortController()
  #picture: Picture | undefined
  #counting: Promise<void> | undefined
  /** Whether another picture is to be counted after the present one. */
  #countsAgain = false

  static async create(gpu: Gpu, legend: Legend): Promise<Stage> {
    return new Stage(gpu, await Painter.create(gpu, canvas), await MaskReader.create(gpu), legend)
  }

  private constructor(gpu: Gpu, painter: Painter, masks: MaskReader, legend: Legend) {
    this.gpu = gpu
    this.#painter = painter
    this.#masks = masks
    this.#legend = legend
    const { signal } = this.#ends
    split.addEventListener('input', () => this.repaint(), { signal })
    canvas.addEventListener('pointermove', event => this.#point(event), { signal })
    canvas.addEventListener('pointerleave', () => this.#point(undefined), { signal })
  }

  get picture(): Picture | undefined {
    return this.#picture
  }

  /** Draws a picture, which stays the caller's to release, once another is shown or after `forget`. */
  async show(picture: Picture): Promise<void> {
    const { width, height } = fitting(picture.photo, MAX_PIXELS)
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height })
    this.#picture = picture
    view.style.setProperty('--shape', String(width / height))
    empty.hidden = true
    view.hidden = false
    await this.#paint()
  }

  /** Forgets a picture whose buffers are released, unless another one is shown by now. */
  forget(picture: Picture | undefined): void {
    if (this.#picture === picture) this.#picture = undefined
  }

  repaint(): void {
    this.#paint().catch(showProblem)
  }

  async #paint(): Promise<void> {
    if (!this.#picture) return
    const share = Number(split.value) / 100
    divider.hidden = share === 0
    divider.style.left = `${100 * share}%`
    const { photo, map } = this.#picture
    await this.#painter.paint({ photo, map, colours: this.#legend.colours, split: share })
  }

  /** Counts the classes of the present picture for the legend. Calls during a count are one more count, of the picture then. */
  count(): Promise<void> {
    if (this.#counting) this.#countsAgain = true
    this.#counting ??= this.#count().finally(() => {
      this.#counting = undefined
    })
    return this.#counting
  }

  destroy(): void {
    this.#ends.abort()
    this.#painter.destroy()
  }

  async #count(): Promise<void> {
    do {
      this.#countsAgain = false
      if (!this.#picture) return
      this.#legend.show(await this.#masks.count(this.#picture.map))
      canvas.setAttribute('aria-label', this.#legend.description)
    } while (this.#countsAgain)
  }

  async #point(event: PointerEvent | undefined): Promise<void> {
    pointed.hidden = event === undefined || !this.#picture
    if (!event || !this.#picture) return
    const { map } = this.#picture
    const box = contentBox(canvas)
    const [x, y] = [(event.offsetX - box.left) / box.width, (event.offsetY - box.top) / box.height]
    if (Math.min(x, y) < 0 || Math.max(x, y) >= 1) return
    const id = await this.#masks.classAt(map, Math.floor(x * map.width), Math.floor(y * map.height))
    pointed.textContent = this.#legend.nameOf(id)
    pointed.style.left = `${event.offsetX}px`
    pointed.style.top = `${event.offsetY}px`
  }
}

/** A size of the same shape whose edges have at most so many pixels. */
export function fitting({ width, height }: { width: number; height: number }, most: number) {
  const scale = Math.min(1, most / Math.max(width, height))
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) }
}

/** Where the picture is in its element, which may have margins beside it (`object-fit: contain`). */
export function contentBox({ width, height, clientWidth, clientHeight }: HTMLCanvasElement) {
  const scale = Math.min(clientWidth / width, clientHeight / height)
  const size = { width: width * scale, height: height * scale }
  return { left: (clientWidth - size.width) / 2, top: (clientHeight - size.height) / 2, ...size }
}
