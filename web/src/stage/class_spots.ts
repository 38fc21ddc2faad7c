// Where a class is named on the picture: at a point well inside its largest part.

/** A class id for each pixel, row by row. */
export interface ClassMap {
  ids: Uint8Array
  width: number
  height: number
}

export interface Spot {
  /** Of the class. */
  id: number
  /** Shares of the picture's width and height. */
  x: number
  y: number
  /** The largest part's share of the picture. */
  share: number
}

/** A smaller part has no name: it would be smaller than its name on any screen. */
const LEAST_SHARE = 0.001
/** A point is well inside if it is at least so deep, as a share of the deepest point's depth. */
const WELL_INSIDE = 0.9
/** A spot stays where it was in the picture before while it is still so deep. */
const DEEP_ENOUGH = 0.6

/**
 * A spot for each class of the map, the largest parts first. Of the points that are well inside, it is the one nearest to the part's centre.
 * `before`: spots of the picture before, such as a video's last frame, which stay if they can.
 */
export function spotsOf(map: ClassMap, before: readonly Spot[] = []): Spot[] {
  const depths = depthsOf(map)
  return largestParts(map)
    .filter(({ pixels }) => pixels.length >= LEAST_SHARE * map.ids.length)
    .sort((a, b) => b.pixels.length - a.pixels.length)
    .map(({ id, pixels }) => {
      const deepest = pixels.reduce((most, pixel) => Math.max(most, depths[pixel]), 0)
      const kept = keptPixel(
        map,
        before.find(spot => spot.id === id),
      )
      const stays = kept !== undefined && pixels.includes(kept) && depths[kept] >= DEEP_ENOUGH * deepest
      const pixel = stays
        ? kept
        : nearestToCentre(
            pixels.filter(each => depths[each] >= WELL_INSIDE * deepest),
            { pixels, width: map.width },
          )
      return {
        id,
        x: ((pixel % map.width) + 0.5) / map.width,
        y: (Math.floor(pixel / map.width) + 0.5) / map.height,
        share: pixels.length / map.ids.length,
      }
    })
}

/** Pixels that touch each other by their edges and are of one class. */
interface Part {
  id: number
  pixels: number[]
}

/** The largest part of each class. */
function largestParts({ ids, width, height }: ClassMap): Part[] {
  const largest = new Map<number, Part>()
  const isSeen = new Uint8Array(ids.length)
  for (let start = 0; start < ids.length; start++) {
    if (isSeen[start]) continue
    const id = ids[start]
    const pixels = [start]
    isSeen[start] = 1
    const visit = (pixel: number) => {
      if (isSeen[pixel] || ids[pixel] !== id) return
      isSeen[pixel] = 1
      pixels.push(pixel)
    }
    for (let i = 0; i < pixels.length; i++) {
      const pixel = pixels[i]
      const x = pixel % width
      if (x > 0) visit(pixel - 1)
      if (x < width - 1) visit(pixel + 1)
      if (pixel >= width) visit(pixel - width)
      if (pixel < width * (height - 1)) visit(pixel + width)
    }
    if (pixels.length > (largest.get(id)?.pixels.length ?? 0)) largest.set(id, { id, pixels })
  }
  return [...largest.values()]
}

/** A step to a neighbour's pixel, and how long it is in thirds of a pixel: the chamfer distance of Borgefors, 1986. */
const STEPS: readonly (readonly [dx: number, dy: number, length: number])[] = [
  [-1, 0, 3],
  [-1, -1, 4],
  [0, -1, 3],
  [1, -1, 4],
]

/** For each pixel, how far it is from another class or from the picture's edge, in thirds of a pixel. */
function depthsOf({ ids, width, height }: ClassMap): Uint32Array {
  const depths = new Uint32Array(ids.length).fill(2 ** 31)
  const lower = (x: number, y: number, direction: 1 | -1) => {
    const pixel = y * width + x
    for (const [dx, dy, length] of STEPS) {
      const [toX, toY] = [x + direction * dx, y + direction * dy]
      const to = toY * width + toX
      const isInside = toX >= 0 && toX < width && toY >= 0 && toY < height && ids[to] === ids[pixel]
      depths[pixel] = Math.min(depths[pixel], (isInside ? depths[to] : 0) + length)
    }
  }
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) lower(x, y, 1)
  for (let y = height - 1; y >= 0; y--) for (let x = width - 1; x >= 0; x--) lower(x, y, -1)
  return depths
}

function keptPixel({ width, height }: ClassMap, spot: Spot | undefined): number | undefined {
  return spot && Math.floor(spot.y * height) * width + Math.floor(spot.x * width)
}

function nearestToCentre(
  points: readonly number[],
  { pixels, width }: { pixels: readonly number[]; width: number },
): number {
  const mean = (value: (pixel: number) => number) =>
    pixels.reduce((sum, pixel) => sum + value(pixel), 0) / pixels.length
  const xOf = (pixel: number) => pixel % width
  const yOf = (pixel: number) => Math.floor(pixel / width)
  const [x, y] = [mean(xOf), mean(yOf)]
  const distance = (pixel: number) => Math.hypot(xOf(pixel) - x, yOf(pixel) - y)
  return points.reduce((best, point) => (distance(point) < distance(best) ? point : best))
}
