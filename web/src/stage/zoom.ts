// Zooms and moves the picture: by wheel, by two fingers, by dragging, and by keys.

import { button, byId } from '../dom.ts'
import type { Point } from '../teach/strokes.ts'
import { moved, type PictureWindow, placeIn, WHOLE, zoomed } from './zoom_window.ts'

const view = byId('view', HTMLElement)
const canvas = byId('canvas', HTMLCanvasElement)
const strokes = byId('strokes', HTMLCanvasElement)
const fit = button('fit')

/** How much one step enlarges: of a key, and of a double click. */
const [KEY, DOUBLE_CLICK] = [1.25, 2]
/** The share of the box by which an arrow key moves. */
const ARROW = 0.1
/** The logarithm of how much a pixel of the wheel enlarges. A trackpad's pinch comes as small steps of a wheel, with Ctrl. */
const [WHEEL, PINCH] = [0.002, 0.01]
const PIXELS_A_LINE = 16

const KEYS: Record<string, (window: PictureWindow) => PictureWindow> = {
  '+': window => zoomed(window, KEY, MIDDLE),
  '=': window => zoomed(window, KEY, MIDDLE),
  '-': window => zoomed(window, 1 / KEY, MIDDLE),
  '0': () => WHOLE,
}
const ARROWS: Record<string, Point> = {
  ArrowLeft: { x: ARROW, y: 0 },
  ArrowRight: { x: -ARROW, y: 0 },
  ArrowUp: { x: 0, y: ARROW },
  ArrowDown: { x: 0, y: -ARROW },
}
const MIDDLE: Point = { x: 0.5, y: 0.5 }

class Zoom {
  #window = WHOLE
  #changed: () => void = () => undefined
  /** Where the pointers are that are down on the picture, by their ids. */
  readonly #pointers = new Map<number, Point>()

  constructor() {
    view.addEventListener('wheel', event => this.#wheel(event), { passive: false })
    view.addEventListener('keydown', event => this.#key(event))
    view.addEventListener('dblclick', event => {
      if (isOnPicture(event) && event.target !== strokes)
        this.#show(zoomed(this.#window, DOUBLE_CLICK, placeOf(event)))
    })
    const first = { capture: true } // before the brush, which has no part in the moves of two fingers
    view.addEventListener('pointerdown', event => this.#down(event), first)
    view.addEventListener('pointermove', event => this.#move(event), first)
    for (const end of ['pointerup', 'pointercancel'] as const)
      document.addEventListener(end, ({ pointerId }) => this.#pointers.delete(pointerId), first)
    fit.addEventListener('click', () => {
      this.fit()
      canvas.focus()
    })
    new ResizeObserver(() => this.#changed()).observe(view)
  }

  get window(): PictureWindow {
    return this.#window
  }

  /** Where a point of the screen is on the picture, in shares of its width and height. */
  pictureAt(event: MouseEvent): Point {
    const { scale, x, y } = this.#window
    const place = placeOf(event)
    return { x: (place.x - x) / scale, y: (place.y - y) / scale }
  }

  /** Where a point of the picture is on the screen, in pixels from the corner of the picture's box. */
  pixelsAt(point: Point): Point {
    const place = placeIn(this.#window, point)
    return { x: place.x * view.clientWidth, y: place.y * view.clientHeight }
  }

  /** Shows the whole picture. */
  fit(): void {
    this.#show(WHOLE)
  }

  /** Calls `changed` when the picture has another place or another size on the screen. */
  onChange(changed: () => void): void {
    this.#changed = changed
  }

  #show(window: PictureWindow): void {
    this.#window = window
    for (const [name, value] of Object.entries(window)) view.style.setProperty(`--${name}`, String(value))
    const isZoomed = window.scale > 1
    fit.hidden = !isZoomed
    view.classList.toggle('zoomed', isZoomed)
    this.#changed()
  }

  #wheel(event: WheelEvent): void {
    const pixels = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? PIXELS_A_LINE : 1)
    const factor = Math.exp(-pixels * (event.ctrlKey ? PINCH : WHEEL))
    if (factor < 1 && this.#window.scale === 1 && !event.ctrlKey) return // the page scrolls
    event.preventDefault()
    this.#show(zoomed(this.#window, factor, placeOf(event)))
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const zoom = KEYS[event.key]
    const arrow = event.target === canvas && this.#window.scale > 1 ? ARROWS[event.key] : undefined
    if (!zoom && !arrow) return
    event.preventDefault()
    this.#show(zoom ? zoom(this.#window) : moved(this.#window, arrow!))
  }

  #down(event: PointerEvent): void {
    if (!isOnPicture(event)) return
    this.#pointers.set(event.pointerId, placeOf(event))
    if (this.#pointers.size > 1) {
      event.stopPropagation()
      strokes.dispatchEvent(new PointerEvent('pointercancel')) // the first finger no longer paints
    } else if (this.#drags(event)) view.setPointerCapture(event.pointerId)
  }

  #move(event: PointerEvent): void {
    const before = this.#pointers.get(event.pointerId)
    if (!before) return
    const others = [...this.#pointers].filter(([id]) => id !== event.pointerId).map(([, place]) => place)
    const now = placeOf(event)
    this.#pointers.set(event.pointerId, now)
    if (others.length === 1) {
      event.stopPropagation()
      this.#show(pinched(this.#window, { before, now, other: others[0] }))
    } else if (others.length === 0 && view.hasPointerCapture(event.pointerId))
      this.#show(moved(this.#window, { x: now.x - before.x, y: now.y - before.y }))
  }

  /** Whether a pointer that goes down moves the picture. The brush has the main button where strokes are shown. */
  #drags({ button, target }: PointerEvent): boolean {
    return this.#window.scale > 1 && (button === 1 || (button === 0 && target !== strokes))
  }
}

/** Whether an event is of the picture itself, and not of a control over it. */
const isOnPicture = ({ target }: Event) => target === view || target === canvas || target === strokes

/** In shares of the picture's box. */
function placeOf({ clientX, clientY }: MouseEvent): Point {
  const { left, top, width, height } = view.getBoundingClientRect()
  return { x: (clientX - left) / width, y: (clientY - top) / height }
}

/** One of two fingers moved: the picture under both stays under both. */
function pinched(window: PictureWindow, { before, now, other }: Record<'before' | 'now' | 'other', Point>) {
  const apart = (point: Point) =>
    Math.hypot((point.x - other.x) * view.clientWidth, (point.y - other.y) * view.clientHeight)
  const middle = (point: Point): Point => ({ x: (point.x + other.x) / 2, y: (point.y + other.y) / 2 })
  const factor = apart(now) / Math.max(1, apart(before))
  const larger = zoomed(window, factor, middle(before))
  return moved(larger, { x: middle(now).x - middle(before).x, y: middle(now).y - middle(before).y })
}

export const zoom = new Zoom()
