// The permutohedral lattice in float64, after Adams, Baek and Davis (2010): a map from the vertices' coordinates to their values, into
// which each pixel is splatted. It shares no step with the GPU's: it finds a simplex by sorting, and its vertices by their text.

import { type Array4, zeros } from './array4.ts'
import type { Colours, PlainFilter } from './dense_crf.ts'

/** A vertex of a pixel's simplex: all six coordinates, and the pixel's barycentric weight. */
export interface Corner {
  vertex: number[]
  weight: number
}

/** What stands for one pixel or one step of a colour: column, row, red, green, blue. In units of which a vertex's coordinates are whole. */
export type PlaceScales = readonly number[]

const AXES = 6

/** The six corners of a point of five dimensions. Corner k is a vertex whose coordinates are k modulo 6. */
export function cornersOf(point: readonly number[]): Corner[] {
  // On the plane whose coordinates add up to 0. The columns of this basis are orthogonal; the scales have their lengths.
  const elevated = Array.from({ length: AXES }, (_, i) => {
    let sum = i > 0 ? -i * point[i - 1] : 0
    for (let j = i; j < point.length; j++) sum += point[j]
    return sum
  })
  let nearest = elevated.map(value => Math.floor(value / AXES + 0.5) * AXES)
  const byDistance = (points: number[]) =>
    [...points.keys()].sort((a, b) => elevated[b] - points[b] - (elevated[a] - points[a]) || a - b)
  const excess = nearest.reduce((a, b) => a + b) / AXES
  const order = byDistance(nearest)
  // The excess is taken back where rounding up added the most, or where rounding down took the most.
  const moved = excess > 0 ? order.slice(AXES - excess) : order.slice(0, -excess)
  nearest = nearest.map((value, i) => value - (moved.includes(i) ? Math.sign(excess) * AXES : 0))
  // Of coordinates with equal distances, those that were moved up are the last, and those that were moved down the first.
  const place = order.map((_, rank) => (((rank + excess) % AXES) + AXES) % AXES)
  const final: number[] = []
  order.forEach((axis, rank) => {
    final[place[rank]] = axis
  })
  const distance = (rank: number) => elevated[final[rank]] - nearest[final[rank]]
  return Array.from({ length: AXES }, (_, k) => {
    // Vertex k is vertex 0 with k added everywhere, and 6 taken from the k coordinates with the smallest distances.
    const lowest = new Set(final.slice(AXES - k))
    return {
      vertex: nearest.map((value, axis) => value + k - (lowest.has(axis) ? AXES : 0)),
      weight:
        (k === 0 ? AXES + distance(AXES - 1) - distance(0) : distance(AXES - 1 - k) - distance(AXES - k)) /
        AXES,
    }
  })
}

/** The corners of each pixel of an image. */
export function imageCorners({ shape: [, height, width], data }: Colours, scales: PlaceScales): Corner[][] {
  return Array.from({ length: height * width }, (_, pixel) => {
    const place = [pixel % width, Math.floor(pixel / width), ...data.subarray(pixel * 3, pixel * 3 + 3)]
    return cornersOf(place.map((value, i) => value * scales[i]))
  })
}

export const keyOf = (vertex: readonly number[]): string => vertex.join()

/** The lattice's filter, without a scale: splat, [1 2 1] / 2 along each axis, slice. */
export function latticeFilter(image: Colours, scales: PlaceScales): PlainFilter {
  const pixels = imageCorners(image, scales)
  return values => {
    const channels = values.shape[3]
    let lattice = new Map<string, { vertex: number[]; values: Float64Array }>()
    pixels.forEach((corners, pixel) => {
      for (const { vertex, weight } of corners) {
        const found = lattice.get(keyOf(vertex)) ?? { vertex, values: new Float64Array(channels) }
        lattice.set(keyOf(vertex), found)
        for (let c = 0; c < channels; c++) found.values[c] += weight * values.data[pixel * channels + c]
      }
    })
    for (let axis = 0; axis < AXES; axis++) {
      const neighbour = (vertex: number[], sign: number) =>
        lattice.get(keyOf(vertex.map((value, i) => value + sign * (i === axis ? 1 - AXES : 1))))?.values
      lattice = new Map(
        [...lattice].map(([key, { vertex, values }]) => {
          const [before, after] = [neighbour(vertex, -1), neighbour(vertex, 1)]
          const blurred = values.map((value, c) => value + 0.5 * ((before?.[c] ?? 0) + (after?.[c] ?? 0)))
          return [key, { vertex, values: blurred }]
        }),
      )
    }
    const output: Array4 = zeros(values.shape)
    pixels.forEach((corners, pixel) => {
      for (const { vertex, weight } of corners)
        lattice.get(keyOf(vertex))!.values.forEach((value, c) => {
          output.data[pixel * channels + c] += weight * value
        })
    })
    return output
  }
}
