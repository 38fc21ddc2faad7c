// The tools on a canvas that lies over the picture, by pointer or by keyboard, and the strokes that they make.

import { lighter } from '../../../src/data/palette.ts'
import { IGNORE_INDEX, type Image, UserError } from '../../../src/web/index.ts'
import { byId, input } from '../dom.ts'
import { colourOf, onColours } from '../stage/class_colours.ts'
import { contentBox } from '../stage/stage.ts'
import { floodFill } from './flood_fill.ts'
import type { Point, Rectangle, Strokes } from './strokes.ts'
import { tools } from './tools.ts'

const canvas = byId('strokes', HTMLCanvasElement)
const opacity = input('stroke-opacity')

/** How far an arrow key moves the cursor, in the brush's radii. */
const STEP = 0.5
/** The width of a marker's line, as a share of the picture's width. */
const LINE = 1 / 300

/** A photo, and what is painted on it. */
export interface Painting {
  image: Image
  strokes: Strokes
}

interface Work {
  /** Called after each change of strokes. */
  changed(): void
  /** Does what may fail, and shows how it failed. */
  doing(work: () => Promise<unknown> | unknown): void
  /** Copies the class of the mask at a point of the picture, in shares of its width and height. */
  copyClassAt(point: Point): Promise<void>
}

export class Brush {
  readonly #context = canvas.getContext('2d')!
  readonly #work: Work
  #painting: Painting | undefined
  /** Where the stroke under way began, or got to. */
  #last: Point | undefined
  /** Where the keyboard's cursor is. */
  #cursor: Point = { x: 0, y: 0 }
  /** Where a marker is drawn over the strokes. */
  #marked: Rectangle | undefined
  #colours = strokeColours()

  constructor(work: Work) {
    this.#work = work
    canvas.addEventListener('pointerdown', event => {
      if (!event.isPrimary || event.button !== 0 || !this.#painting) return
      canvas.setPointerCapture(event.pointerId)
      this.#press(pointOf(event))
    })
    canvas.addEventListener('pointermove', event => {
      if (this.#last) this.#drag(pointOf(event))
    })
    canvas.addEventListener('pointerup', event => this.#release(pointOf(event)))
    canvas.addEventListener('pointercancel', () => this.#drop())
    canvas.addEventListener('keydown', event => this.#key(event))
    const showOpacity = () => {
      canvas.style.opacity = String(Number(opacity.value) / 100)
    }
    opacity.addEventListener('input', showOpacity)
    showOpacity()
    onColours(() => {
      this.#colours = strokeColours()
      this.redraw()
    })
  }

  /** Shows the strokes of a photo and paints on them, or hides them all. */
  use(painting: Painting | undefined): void {
    const isOther = this.#painting?.strokes !== painting?.strokes
    this.#painting = painting
    canvas.hidden = painting === undefined
    if (!painting) return
    const { width, height } = painting.strokes
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height })
    if (isOther) {
      this.#last = undefined
      this.#cursor = { x: width / 2, y: height / 2 }
    }
    this.redraw()
  }

  redraw(): void {
    if (this.#painting) this.#draw({ x: 0, y: 0, ...this.#painting.strokes })
  }

  get #strokes(): Strokes {
    return this.#painting!.strokes
  }

  /** Begins a stroke, or does all that a tool of one click does. */
  #press(at: Point): void {
    if (tools.chosen === 'class') {
      const { width, height } = this.#strokes
      this.#work.doing(() => this.#work.copyClassAt({ x: at.x / width, y: at.y / height }))
      return
    }
    this.#strokes.begin()
    if (tools.chosen === 'fill') {
      this.#work.doing(() => this.#fill(at))
      return
    }
    this.#last = at
    if (tools.chosen !== 'rectangle') this.#paintTo(at)
  }

  #drag(to: Point): void {
    if (tools.chosen === 'rectangle') this.#markRectangle(to)
    else this.#paintTo(to)
  }

  #release(to: Point): void {
    if (!this.#last) return
    if (tools.chosen === 'rectangle') {
      this.#unmark()
      this.#draw(this.#strokes.paintRectangle(this.#last, to, tools.label))
    }
    this.#drop()
    this.#work.changed()
  }

  #drop(): void {
    this.#unmark()
    this.#last = undefined
  }

  #paintTo(to: Point): void {
    const radius = tools.radius(this.#strokes.width)
    const label = tools.chosen === 'eraser' ? IGNORE_INDEX : tools.label
    this.#draw(this.#strokes.paint(this.#last ?? to, to, { radius, label }))
    this.#last = to
  }

  #fill({ x, y }: Point): void {
    const { image, strokes } = this.#painting!
    const { width, height, labels } = strokes
    if (image.width !== width) throw new UserError('this photo is too large to fill: paint it by the brush')
    const [column, row] = [Math.floor(x), Math.floor(y)]
    if (Math.min(column, row) < 0 || column >= width || row >= height) return
    const runs = floodFill({ ...image, labels }, row * width + column, tools.tolerance)
    strokes.paintRuns(runs, tools.label)
    this.redraw()
    this.#work.changed()
  }

  #key(event: KeyboardEvent): void {
    const direction = DIRECTIONS[event.key]
    if (event.key === 'Escape') this.#drop()
    if ((!direction && event.key !== ' ') || event.ctrlKey || event.metaKey || !this.#painting) return
    event.preventDefault()
    const { width, height } = this.#strokes
    const step = STEP * tools.radius(width)
    const [dx, dy] = direction ?? [0, 0]
    this.#cursor = {
      x: Math.min(Math.max(this.#cursor.x + dx * step, 0), width),
      y: Math.min(Math.max(this.#cursor.y + dy * step, 0), height),
    }
    this.#unmark()
    if (tools.chosen === 'rectangle') this.#keyRectangle(event)
    else if (event.key === ' ' || (event.shiftKey && ['brush', 'eraser'].includes(tools.chosen))) {
      this.#press(this.#cursor)
      this.#release(this.#cursor)
    }
    if (!this.#last) this.#markCursor()
  }

  /** The space bar sets one corner, and then the other. */
  #keyRectangle({ key }: KeyboardEvent): void {
    if (key === ' ' && this.#last) this.#release(this.#cursor)
    else if (key === ' ') this.#press(this.#cursor)
    else if (this.#last) this.#drag(this.#cursor)
  }

  #markCursor(): void {
    const radius = tools.radius(this.#strokes.width)
    const { x, y } = this.#cursor
    const box = { x: x - radius, y: y - radius, width: 2 * radius, height: 2 * radius }
    this.#mark(box, () => this.#context.arc(x, y, radius, 0, 2 * Math.PI))
  }

  #markRectangle(to: Point): void {
    const { x, y } = this.#last!
    const box = {
      ...{ x: Math.min(x, to.x), y: Math.min(y, to.y) },
      ...{ width: Math.abs(to.x - x), height: Math.abs(to.y - y) },
    }
    this.#mark(box, () => this.#context.rect(box.x, box.y, box.width, box.height))
  }

  /** Draws an outline over the strokes: white in black, which is seen on every picture. */
  #mark(box: Rectangle, outline: () => void): void {
    this.#unmark()
    const line = Math.max(2, LINE * this.#strokes.width)
    for (const [colour, width] of [
      ['black', 2 * line],
      ['white', line],
    ] as const) {
      this.#context.strokeStyle = colour
      this.#context.lineWidth = width
      this.#context.beginPath()
      outline()
      this.#context.stroke()
    }
    const margin = 2 * line
    this.#marked = {
      ...{ x: box.x - margin, y: box.y - margin },
      ...{ width: box.width + 2 * margin, height: box.height + 2 * margin },
    }
  }

  #unmark(): void {
    if (this.#marked && this.#painting) this.#draw(this.#marked)
    this.#marked = undefined
  }

  /** Draws the strokes of a part of the picture. */
  #draw(part: Rectangle): void {
    const { labels, ...size } = this.#strokes
    const [left, top] = [Math.max(0, Math.floor(part.x)), Math.max(0, Math.floor(part.y))]
    const width = Math.min(size.width, Math.ceil(part.x + part.width)) - left
    const height = Math.min(size.height, Math.ceil(part.y + part.height)) - top
    if (width <= 0 || height <= 0) return
    const pixels = new ImageData(width, height)
    const words = new Uint32Array(pixels.data.buffer)
    for (let y = 0; y < height; y++) {
      const row = (top + y) * size.width + left
      for (let x = 0; x < width; x++) words[y * width + x] = this.#colours[labels[row + x]]
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

/** By label, as a word of RGBA: brighter than the class's own colour, so that a stroke is seen over it. */
function strokeColours(): Uint32Array {
  const colours = new Uint32Array(256)
  for (let id = 0; id < 256; id++)
    new Uint8Array(colours.buffer, 4 * id, 4).set([...lighter(colourOf(id)), 255])
  colours[IGNORE_INDEX] = 0
  return colours
}

function pointOf({ offsetX, offsetY }: PointerEvent): Point {
  const box = contentBox(canvas)
  return {
    x: ((offsetX - box.left) / box.width) * canvas.width,
    y: ((offsetY - box.top) / box.height) * canvas.height,
  }
}
