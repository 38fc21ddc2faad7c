// The brush: strokes on a canvas that lies over the picture, by pointer or by keyboard.

import { displayPalette, lighter } from '../../src/data/palette.ts'
import { IGNORE_INDEX } from '../../src/web/index.ts'
import { byId, input, select } from './dom.ts'
import { contentBox } from './stage.ts'
import type { Point, Rectangle, Strokes } from './strokes.ts'

const canvas = byId('strokes', HTMLCanvasElement)
const size = input('brush')
const brushClass = select('class')

/** How far an arrow key moves the brush, in its radii. */
const STEP = 0.5

export class Brush {
  readonly #context = canvas.getContext('2d')!
  #strokes: Strokes | undefined
  #last: Point | undefined
  /** Where the keyboard's brush is. */
  #cursor: Point = { x: 0, y: 0 }

  constructor() {
    canvas.addEventListener('pointerdown', event => {
      canvas.setPointerCapture(event.pointerId)
      this.#paintTo(pointOf(event))
    })
    canvas.addEventListener('pointermove', event => {
      if (this.#last) this.#paintTo(pointOf(event))
    })
    for (const end of ['pointerup', 'pointercancel'])
      canvas.addEventListener(end, () => {
        this.#last = undefined
      })
    canvas.addEventListener('keydown', event => this.#key(event))
  }

  /** Shows the strokes of a photo and paints on them, or hides them all. */
  use(strokes: Strokes | undefined): void {
    this.#strokes = strokes
    canvas.hidden = strokes === undefined
    if (!strokes) return
    const { width, height } = strokes
    Object.assign(canvas, { width, height })
    this.#cursor = { x: width / 2, y: height / 2 }
    this.#draw({ x: 0, y: 0, width, height })
  }

  #paintTo(to: Point): void {
    if (!this.#strokes) return
    const stroke = { radius: this.#radius, label: Number(brushClass.value) }
    this.#draw(this.#strokes.paint(this.#last ?? to, to, stroke))
    this.#last = to
  }

  /** The brush's size is in thousandths of the photo's width. */
  get #radius(): number {
    return Math.max(1, (Number(size.value) / 1000) * this.#strokes!.width)
  }

  #key(event: KeyboardEvent): void {
    const direction = DIRECTIONS[event.key]
    if (!direction && event.key !== ' ') return
    event.preventDefault()
    const { width, height } = this.#strokes!
    const step = STEP * this.#radius
    const [dx, dy] = direction ?? [0, 0]
    this.#cursor = {
      x: Math.min(Math.max(this.#cursor.x + dx * step, 0), width),
      y: Math.min(Math.max(this.#cursor.y + dy * step, 0), height),
    }
    if (event.key === ' ' || event.shiftKey) this.#paintTo(this.#cursor)
    this.#last = undefined
    this.#drawCursor()
  }

  #drawCursor(): void {
    const { width, height } = this.#strokes!
    this.#draw({ x: 0, y: 0, width, height })
    this.#context.strokeStyle = 'white'
    this.#context.lineWidth = 2
    this.#context.beginPath()
    this.#context.arc(this.#cursor.x, this.#cursor.y, this.#radius, 0, 2 * Math.PI)
    this.#context.stroke()
  }

  #draw({ x: left, y: top, width, height }: Rectangle): void {
    if (width <= 0 || height <= 0) return
    const pixels = new ImageData(width, height)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const label = this.#strokes!.labels[(top + y) * this.#strokes!.width + left + x]
        if (label !== IGNORE_INDEX) pixels.data.set([...strokeColour(label), 255], (y * width + x) * 4)
      }
    this.#context.putImageData(pixels, left, top)
  }
}

const DIRECTIONS: Record<string, [dx: number, dy: number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
}

/** Brighter than the class's own colour, so that a stroke is seen over it. */
const strokeColour = (label: number) => lighter(displayPalette[label])

function pointOf({ offsetX, offsetY }: PointerEvent): Point {
  const box = contentBox(canvas)
  return {
    x: ((offsetX - box.left) / box.width) * canvas.width,
    y: ((offsetY - box.top) / box.height) * canvas.height,
  }
}
