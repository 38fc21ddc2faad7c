// The connected parts of a mask, and their outlines along the borders of pixels.

import type { Labels } from './dataset.ts'

/** Pixels of one value that touch by their sides. */
interface Component {
  /** A class id, or IGNORE_INDEX. */
  value: number
  /** Its first pixel, row by row. The pixels around a component begin before it. */
  first: number
  /** In pixels. */
  area: number
  /** The columns and rows that it spans: its first ones, and those after its last ones. */
  left: number
  top: number
  right: number
  bottom: number
  /** The sides of pixels between it and others, those around its holes included. */
  perimeter: number
}

export interface Components extends Labels {
  /** By the first pixel. */
  components: Component[]
  /** The component of each pixel. */
  owners: Int32Array
}

export function findComponents(labels: Labels): Components {
  const { mask, width } = labels
  const owners = new Int32Array(mask.length).fill(-1)
  const components: Component[] = []
  const open: number[] = []
  for (let first = 0; first < mask.length; first++) {
    if (owners[first] >= 0) continue
    const id = components.length
    const found = emptyComponent(mask[first], first)
    owners[first] = id
    open.push(first)
    while (open.length > 0) {
      const pixel = open.pop()!
      const inside = neighbours(pixel, labels).filter(next => mask[next] === found.value)
      for (const next of inside) {
        if (owners[next] >= 0) continue
        owners[next] = id
        open.push(next)
      }
      extend(found, { x: pixel % width, y: Math.floor(pixel / width), sides: 4 - inside.length })
    }
    components.push(found)
  }
  return { ...labels, components, owners }
}

const emptyComponent = (value: number, first: number): Component => ({
  value,
  first,
  area: 0,
  left: Number.POSITIVE_INFINITY,
  top: Number.POSITIVE_INFINITY,
  right: 0,
  bottom: 0,
  perimeter: 0,
})

/** The pixels above, below and beside one. */
function neighbours(pixel: number, { width, height }: Labels): number[] {
  const found: number[] = []
  const x = pixel % width
  if (pixel >= width) found.push(pixel - width)
  if (pixel < width * (height - 1)) found.push(pixel + width)
  if (x > 0) found.push(pixel - 1)
  if (x < width - 1) found.push(pixel + 1)
  return found
}

function extend(component: Component, { x, y, sides }: { x: number; y: number; sides: number }): void {
  component.area++
  component.perimeter += sides
  component.left = Math.min(component.left, x)
  component.top = Math.min(component.top, y)
  component.right = Math.max(component.right, x + 1)
  component.bottom = Math.max(component.bottom, y + 1)
}

interface Outline {
  /** The corners along the borders of pixels, clockwise: x, y, x, y, …. A corner where the component touches itself stands twice. */
  corners: number[]
  /** The pixels of the component along its outline, in the same order: x, y, x, y, …. Each touches the next by a side. */
  pixels: number[]
  /** Whether there is something else within the component. */
  hasHoles: boolean
}

/** East, south, west and north. */
const STEPS = [
  [1, 0],
  [0, 1],
  [-1, 0],
  [0, -1],
] as const

/** The pixel to the right of a side that begins at a corner, from this corner. */
const RIGHT = [
  [0, 0],
  [-1, 0],
  [-1, -1],
  [0, -1],
] as const

/** The outer outline of a component. It walks along the sides of pixels, with the component on the right. */
export function outlineOf(id: number, { components, owners, width, height }: Components): Outline {
  const { first, perimeter } = components[id]
  const [startX, startY] = [first % width, Math.floor(first / width)]
  const isInside = (x: number, y: number) =>
    x >= 0 && y >= 0 && x < width && y < height && owners[y * width + x] === id
  const corners: number[] = [startX, startY]
  const pixels: number[] = [startX, startY]
  let [x, y, heading, length] = [startX, startY, 0, 0]
  for (;;) {
    x += STEPS[heading][0]
    y += STEPS[heading][1]
    length++
    if (x === startX && y === startY) break
    const ahead = [x + RIGHT[heading][0], y + RIGHT[heading][1]] as const
    const left = (heading + 3) % 4
    if (!isInside(...ahead)) {
      heading = (heading + 1) % 4
      corners.push(x, y)
      continue
    }
    pixels.push(...ahead)
    const beside = [x + RIGHT[left][0], y + RIGHT[left][1]] as const
    if (!isInside(...beside)) continue
    heading = left
    corners.push(x, y)
    pixels.push(...beside)
  }
  return { corners, pixels: turnsOf(pixels), hasHoles: length < perimeter }
}

/** The points of a closed way at which it turns: at least one. */
function turnsOf(way: readonly number[]): number[] {
  const turns: number[] = []
  const at = (i: number) => [way[i % way.length], way[(i + 1) % way.length]]
  for (let i = 0; i < way.length; i += 2) {
    const [x, y] = at(i)
    const [beforeX, beforeY] = at(i + way.length - 2)
    const [nextX, nextY] = at(i + 2)
    if (nextX - x !== x - beforeX || nextY - y !== y - beforeY) turns.push(x, y)
  }
  return turns.length > 0 ? turns : way.slice(0, 2)
}
