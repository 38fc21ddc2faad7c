// What the user painted on a photo: a class for some pixels, nothing for the others; and how it was before each stroke.

import { IGNORE_INDEX } from '../../../src/data/dataset.ts'

export interface Point {
  x: number
  y: number
}

export interface Rectangle {
  x: number
  y: number
  width: number
  height: number
}

/** Runs of pixels, row by row: of each its first pixel and the one after its last, one run after the other. */
export type Runs = readonly number[]

/** A class id for each of height · width pixels. */
export interface MaskPixels {
  mask: Uint8Array
  width: number
  height: number
}

/** What a stroke changed. */
interface Change {
  /** Of each run of pixels: its first pixel, the one after its last, and the label before. */
  runs: number[]
  hadCopy: boolean
}

/** The most strokes that `undo` goes back, and the most numbers that they take. */
const MOST_CHANGES = 100
const MOST_NUMBERS = 6_000_000

export class Strokes {
  readonly width: number
  readonly height: number
  /** Class ids; IGNORE_INDEX where nothing is painted. */
  readonly labels: Uint8Array
  #painted = 0
  #hasCopy = false
  #changes: Change[] = []

  constructor({ width, height }: { width: number; height: number }) {
    this.width = width
    this.height = height
    this.labels = new Uint8Array(width * height).fill(IGNORE_INDEX)
  }

  /** Strokes that were saved. */
  static from({ mask, width, height }: MaskPixels, { hasCopy }: { hasCopy: boolean }): Strokes {
    const strokes = new Strokes({ width, height })
    strokes.labels.set(mask)
    strokes.#painted = paintedPixels(mask)
    strokes.#hasCopy = hasCopy
    return strokes
  }

  /** The number of painted pixels. */
  get painted(): number {
    return this.#painted
  }

  get isEmpty(): boolean {
    return this.#painted === 0
  }

  /** Whether some of it is copied from a mask of the network's. */
  get hasCopy(): boolean {
    return this.#hasCopy
  }

  /** Whether `undo` has something to take back. */
  get isUndoable(): boolean {
    return this.#changes.some(({ runs }) => runs.length > 0)
  }

  /** Begins a stroke: what is painted until the next call is undone together. */
  begin(): void {
    this.#changes = this.#changes.filter(({ runs }) => runs.length > 0).slice(1 - MOST_CHANGES)
    let numbers = this.#changes.reduce((sum, { runs }) => sum + runs.length, 0)
    while (numbers > MOST_NUMBERS) numbers -= this.#changes.shift()!.runs.length
    this.#changes.push({ runs: [], hadCopy: this.#hasCopy })
  }

  /** Takes the last stroke back. */
  undo(): void {
    while (this.#changes.at(-1)?.runs.length === 0) this.#changes.pop()
    const change = this.#changes.pop()
    if (!change) return
    const { runs, hadCopy } = change
    for (let i = runs.length - 3; i >= 0; i -= 3) this.#put(runs[i], runs[i + 1], runs[i + 2])
    this.#hasCopy = hadCopy
  }

  /** Paints all pixels within `radius` of the line between two points. Returns the rectangle that changed. */
  paint(from: Point, to: Point, { radius, label }: { radius: number; label: number }): Rectangle {
    const bounds = this.#bounds(from, to, radius)
    const right = bounds.x + bounds.width
    for (let y = bounds.y; y < bounds.y + bounds.height; y++) {
      const isInside = (x: number) => distance({ x: x + 0.5, y: y + 0.5 }, from, to) <= radius
      let [first, end] = [bounds.x, right]
      while (first < end && !isInside(first)) first++
      while (end > first && !isInside(end - 1)) end--
      this.#set(y * this.width + first, y * this.width + end, label)
    }
    return bounds
  }

  /** Paints a rectangle with two of its corners. Returns the rectangle that changed. */
  paintRectangle(from: Point, to: Point, label: number): Rectangle {
    const bounds = this.#bounds(from, to, 0)
    for (let y = bounds.y; y < bounds.y + bounds.height; y++) {
      const first = y * this.width + bounds.x
      this.#set(first, first + bounds.width, label)
    }
    return bounds
  }

  paintRuns(runs: Runs, label: number): void {
    for (let i = 0; i < runs.length; i += 2) this.#set(runs[i], runs[i + 1], label)
  }

  /**
   * Copies a mask, or one of its classes, to the pixels without a stroke. A mask of another size is scaled, each pixel to the nearest.
   * Returns the number of pixels that it copied.
   */
  copy({ mask, width, height }: MaskPixels, { only }: { only?: number } = {}): number {
    const before = this.#painted
    const columns = Uint32Array.from({ length: this.width }, (_, x) => Math.floor((x * width) / this.width))
    for (let y = 0; y < this.height; y++) {
      const row = Math.floor((y * height) / this.height) * width
      const isFree = (x: number, id: number) =>
        mask[row + columns[x]] === id && this.labels[y * this.width + x] === IGNORE_INDEX
      for (let x = 0; x < this.width; ) {
        const id = mask[row + columns[x]]
        const first = x
        while (x < this.width && isFree(x, id)) x++
        if (x === first) x++
        else if (only === undefined || id === only) this.#set(y * this.width + first, y * this.width + x, id)
      }
    }
    if (this.#painted > before) this.#hasCopy = true
    return this.#painted - before
  }

  /** Puts labels in the place of all strokes. */
  replace(labels: Uint8Array): void {
    for (let first = 0; first < labels.length; ) {
      let end = first + 1
      while (end < labels.length && labels[end] === labels[first]) end++
      this.#set(first, end, labels[first])
      first = end
    }
    this.#hasCopy = false
  }

  clear(): void {
    this.#set(0, this.labels.length, IGNORE_INDEX)
    this.#hasCopy = false
  }

  /** Gives new ids to classes, also in what `undo` brings back. */
  renumber(newId: (old: number) => number): void {
    const ids = Uint8Array.from({ length: 256 }, (_, old) => newId(old))
    for (let i = 0; i < this.labels.length; i++) this.labels[i] = ids[this.labels[i]]
    for (const { runs } of this.#changes) for (let i = 2; i < runs.length; i += 3) runs[i] = ids[runs[i]]
    this.#painted = paintedPixels(this.labels)
  }

  /** Sets labels, and remembers those before. */
  #set(start: number, end: number, label: number): void {
    const runs = this.#changes.at(-1)?.runs
    for (let first = start; first < end; ) {
      const before = this.labels[first]
      let next = first + 1
      while (next < end && this.labels[next] === before) next++
      if (before !== label) {
        runs?.push(first, next, before)
        this.#put(first, next, label)
      }
      first = next
    }
  }

  /** Sets the labels of pixels that all have one. */
  #put(first: number, end: number, label: number): void {
    const pixels = end - first
    if (this.labels[first] === IGNORE_INDEX) this.#painted += pixels
    if (label === IGNORE_INDEX) this.#painted -= pixels
    this.labels.fill(label, first, end)
  }

  #bounds(from: Point, to: Point, margin: number): Rectangle {
    const [x, y] = [Math.min(from.x, to.x) - margin, Math.min(from.y, to.y) - margin]
    const [right, bottom] = [Math.max(from.x, to.x) + margin, Math.max(from.y, to.y) + margin]
    const left = clamp(Math.floor(x), this.width)
    const top = clamp(Math.floor(y), this.height)
    return {
      ...{ x: left, y: top },
      width: clamp(Math.ceil(right), this.width) - left,
      height: clamp(Math.ceil(bottom), this.height) - top,
    }
  }
}

const paintedPixels = (labels: Uint8Array) =>
  labels.reduce((sum, label) => sum + Number(label !== IGNORE_INDEX), 0)

const clamp = (value: number, most: number) => Math.min(Math.max(value, 0), most)

/** Of a point from the line between two others. */
function distance(point: Point, from: Point, to: Point): number {
  const [dx, dy] = [to.x - from.x, to.y - from.y]
  const length = dx * dx + dy * dy
  const along = length === 0 ? 0 : ((point.x - from.x) * dx + (point.y - from.y) * dy) / length
  const t = Math.min(Math.max(along, 0), 1)
  return Math.sqrt((point.x - from.x - t * dx) ** 2 + (point.y - from.y - t * dy) ** 2)
}
