import { UserError } from '../errors.ts'

/** Far outside any photo. Up to this value the arithmetic below is exact to a small part of a pixel. */
const LARGEST_COORDINATE = 1e6

/**
 * The most crossings of an outline with the middles of rows. Real outlines have some thousand; more need too much memory and
 * time.
 */
const MAX_CROSSINGS = 2 ** 22

/**
 * Sets the pixels whose centres are inside an outline (x, y, x, y, … in pixels) to 1. A pixel is inside if the outline winds
 * around it, as in SVG's rule "nonzero". The bitmap has height · width bytes; parts of the outline outside it are left out.
 *
 * Throws a UserError for fewer than three points, for coordinates that are not numbers or far outside, and for too many
 * crossings.
 */
export function fillPolygon(
  points: readonly number[],
  bitmap: Uint8Array,
  { width, height }: { width: number; height: number },
): void {
  checkPoints(points)
  for (const [y, { down, up }] of crossings(points, height)) {
    down.sort((a, b) => a - b)
    up.sort((a, b) => a - b)
    const row = bitmap.subarray(y * width, (y + 1) * width)
    let winding = 0
    let begin = 0
    for (let i = 0, j = 0; i < down.length || j < up.length; ) {
      const isDown = j === up.length || down[i] < up[j]
      const x = isDown ? down[i++] : up[j++]
      if (winding === 0) begin = x
      winding += isDown ? 1 : -1
      if (winding === 0) row.fill(1, firstCentre(begin, width), firstCentre(x, width))
    }
  }
}

function checkPoints(points: unknown): asserts points is readonly number[] {
  const count = Array.isArray(points) ? points.length : 0
  if (!Array.isArray(points) || count < 6 || !points.every(Number.isFinite))
    throw new UserError(`an outline of ${count} coordinates: expected at least 6 numbers`)
  if (count % 2 > 0) throw new UserError(`an outline of ${count} coordinates: expected pairs of x and y`)
  const far = points.find(value => Math.abs(value) > LARGEST_COORDINATE)
  if (far !== undefined)
    throw new UserError(`an outline with the coordinate ${far}: it is far outside of the image`)
}

/** The columns in which an outline crosses the middle of a row, by direction. */
interface Row {
  down: number[]
  up: number[]
}

function crossings(points: readonly number[], height: number): Map<number, Row> {
  const sides = sidesOf(points, height)
  const total = sides.reduce((sum, { first, end }) => sum + end - first, 0)
  if (total > MAX_CROSSINGS)
    throw new UserError(`an outline of ${points.length} coordinates is too intricate`)
  const rows = new Map<number, Row>()
  for (const { first, end, isDown, x, y, slope } of sides)
    for (let row = first; row < end; row++) {
      if (!rows.has(row)) rows.set(row, { down: [], up: [] })
      rows.get(row)![isDown ? 'down' : 'up'].push(x + (row + 0.5 - y) * slope)
    }
  return rows
}

/** A side of the outline, from (x, y) to the next point. It crosses the middles of the rows `first` … `end` − 1. */
interface Side {
  first: number
  end: number
  isDown: boolean
  x: number
  y: number
  /** Columns per row. */
  slope: number
}

function sidesOf(points: readonly number[], height: number): Side[] {
  return Array.from({ length: points.length / 2 }, (_, i) => {
    const [x, y] = [points[2 * i], points[2 * i + 1]]
    const [nextX, nextY] = [points[(2 * i + 2) % points.length], points[(2 * i + 3) % points.length]]
    return {
      first: firstCentre(Math.min(y, nextY), height),
      end: firstCentre(Math.max(y, nextY), height),
      isDown: nextY > y,
      x,
      y,
      slope: (nextX - x) / (nextY - y), // not a number for a level side, which crosses no row
    }
  })
}

/** The first of `count` pixels in a row or column whose centre is at or after this coordinate. */
const firstCentre = (place: number, count: number) => Math.min(count, Math.max(0, Math.ceil(place - 0.5)))
