// What the user painted on a photo: a class for some pixels, nothing for the others.

import { IGNORE_INDEX } from '../../src/web/index.ts'

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

export class Strokes {
  readonly width: number
  readonly height: number
  /** Class ids; IGNORE_INDEX where nothing is painted. */
  readonly labels: Uint8Array

  constructor({ width, height }: { width: number; height: number }) {
    this.width = width
    this.height = height
    this.labels = new Uint8Array(width * height).fill(IGNORE_INDEX)
  }

  get isEmpty(): boolean {
    return this.labels.every(label => label === IGNORE_INDEX)
  }

  /** Paints all pixels within `radius` of the line between two points. Returns the rectangle that changed. */
  paint(from: Point, to: Point, { radius, label }: { radius: number; label: number }): Rectangle {
    const bounds = this.#bounds(from, to, radius)
    for (let y = bounds.y; y < bounds.y + bounds.height; y++)
      for (let x = bounds.x; x < bounds.x + bounds.width; x++)
        if (distance({ x: x + 0.5, y: y + 0.5 }, from, to) <= radius) this.labels[y * this.width + x] = label
    return bounds
  }

  clear(): void {
    this.labels.fill(IGNORE_INDEX)
  }

  #bounds(from: Point, to: Point, radius: number): Rectangle {
    const [x, y] = [Math.min(from.x, to.x) - radius, Math.min(from.y, to.y) - radius]
    const [right, bottom] = [Math.max(from.x, to.x) + radius, Math.max(from.y, to.y) + radius]
    const left = clamp(Math.floor(x), this.width)
    const top = clamp(Math.floor(y), this.height)
    return {
      ...{ x: left, y: top },
      width: clamp(Math.ceil(right), this.width) - left,
      height: clamp(Math.ceil(bottom), this.height) - top,
    }
  }
}

const clamp = (value: number, most: number) => Math.min(Math.max(value, 0), most)

/** Of a point from the line between two others. */
function distance(point: Point, from: Point, to: Point): number {
  const [dx, dy] = [to.x - from.x, to.y - from.y]
  const length = dx * dx + dy * dy
  const along = length === 0 ? 0 : ((point.x - from.x) * dx + (point.y - from.y) * dy) / length
  const t = Math.min(Math.max(along, 0), 1)
  return Math.hypot(point.x - from.x - t * dx, point.y - from.y - t * dy)
}
