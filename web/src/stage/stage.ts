// The picture: a photo with its classes over it, drawn by the GPU, with the line up to which the photo is alone.

import type { Gpu } from '../../../src/gpu/gpu.ts'
import type { GpuClassMap, GpuPhoto } from '../../../src/inference/segmenter.ts'
import { MaskReader, Painter } from '../../../src/web/index.ts'
import { byId, input } from '../dom.ts'
import { showProblem } from '../messages.ts'
import type { Point } from '../teach/strokes.ts'
import { Hover } from './hover.ts'
import { Latest } from './latest.ts'
import type { Legend } from './legend.ts'
import { Names } from './names.ts'
import { reducedMap } from './reduced_map.ts'
import { zoom } from './zoom.ts'

const canvas = byId('canvas', HTMLCanvasElement)
const view = byId('view', HTMLElement)
const empty = byId('empty', HTMLElement)
const divider = byId('divider', HTMLElement)
const split = input('split')
const outlines = input('show-outlines')

/** The longest edge of the canvas: more than a screen shows, and less than any GPU's largest texture. */
const MAX_PIXELS = 2560
/** The width of outlines, in CSS pixels. */
const OUTLINE = 1.75

const NO_COLOURS = new Uint32Array(256)

export interface Picture {
  photo: GpuPhoto
  map: GpuClassMap
  /** Whether to show the photo without the colours and names of the classes. */
  isPlain?: boolean
}

export class Stage {
  readonly gpu: Gpu
  readonly #painter: Painter
  readonly #masks: MaskReader
  readonly #legend: Legend
  readonly #names: Names
  readonly #ends = new AbortController()
  readonly #painting = new Latest(() => this.#paint())
  readonly #counting = new Latest(() => this.#count())
  #picture: Picture | undefined

  static async create(gpu: Gpu, legend: Legend): Promise<Stage> {
    return new Stage(gpu, await Painter.create(gpu, canvas), await MaskReader.create(gpu), legend)
  }

  private constructor(gpu: Gpu, painter: Painter, masks: MaskReader, legend: Legend) {
    this.gpu = gpu
    this.#painter = painter
    this.#masks = masks
    this.#legend = legend
    const { signal } = this.#ends
    this.#names = new Names(legend, signal)
    new Hover(legend, point => this.#classAt(point), signal)
    for (const control of [split, outlines])
      control.addEventListener('input', () => this.repaint(), { signal })
    zoom.onChange(() => this.repaint())
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
    await this.#painting.run()
  }

  /** Forgets a picture whose buffers are released, unless another one is shown by now. */
  forget(picture: Picture | undefined): void {
    if (this.#picture === picture) this.#picture = undefined
  }

  /** Draws the picture again, after a change of how it is to be shown. */
  repaint(): void {
    this.#names.place()
    this.#painting.run().catch(showProblem)
  }

  /** Counts the classes of the present picture for the legend, and names them. */
  count(): Promise<void> {
    return this.#counting.run()
  }

  destroy(): void {
    this.#ends.abort()
    this.#picture = undefined
    this.#painter.destroy()
  }

  async #paint(): Promise<void> {
    if (!this.#picture) return
    const share = Number(split.value) / 100
    divider.hidden = share === 0
    divider.style.setProperty('--split', String(share))
    const { photo, map, isPlain = false } = this.#picture
    view.classList.toggle('plain', isPlain)
    const pixel = canvas.width / (view.clientWidth * zoom.window.scale)
    await this.#painter.paint({
      ...{ photo, map, split: share, colours: isPlain ? NO_COLOURS : this.#legend.colours },
      outline: outlines.checked ? Math.max(1, OUTLINE * pixel) : 0,
    })
  }

  async #count(): Promise<void> {
    if (!this.#picture) return
    const { map } = this.#picture
    const [counts, reduced] = await Promise.all([this.#masks.count(map), reducedMap(this.gpu, map)])
    this.#legend.show(counts)
    this.#names.show(reduced)
    canvas.setAttribute('aria-label', this.#legend.description)
  }

  async #classAt({ x, y }: Point): Promise<number | undefined> {
    if (!this.#picture) return undefined
    const { map } = this.#picture
    return this.#masks.classAt(map, Math.floor(x * map.width), Math.floor(y * map.height))
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
