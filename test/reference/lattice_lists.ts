// What the kernels that build a lattice compute, made of the reference's corners one after the other: numbers of vertices, sorted lists,
// neighbours and a hash table.

import type { Colours } from './dense_crf.ts'
import { type Corner, imageCorners, keyOf, type PlaceScales } from './permutohedral.ts'
import { randomSource } from './random.ts'

export interface LatticeLists {
  /** Corner 6 · pixel + k. */
  corners: Corner[]
  /** The simplex of each pixel as the kernels have it: five coordinates, and the ranks of all six in 3 bits each. */
  simplices: Int32Array
  weights: Float32Array
  /** The number of each corner's vertex: in the order of the vertices' first corners. */
  vertices: Uint32Array
  /** The first corner of each vertex. */
  heads: Uint32Array
  /** The corners by vertex, those of one vertex in their order. */
  sorted: Uint32Array
  /** Where each vertex's corners start in it; twice more the end. */
  starts: Uint32Array
}

export function latticeLists(image: Colours, scales: PlaceScales): LatticeLists {
  const pixels = imageCorners(image, scales)
  const corners = pixels.flat()
  const numbers = new Map<string, number>()
  const heads: number[] = []
  const vertices = Uint32Array.from(corners, ({ vertex }, corner) => {
    const key = keyOf(vertex)
    if (!numbers.has(key)) {
      numbers.set(key, heads.length)
      heads.push(corner)
    }
    return numbers.get(key)!
  })
  const sorted = Uint32Array.from([...vertices.keys()].sort((a, b) => vertices[a] - vertices[b] || a - b))
  const starts = heads.map((_, vertex) => sorted.findIndex(corner => vertices[corner] === vertex))
  return {
    ...{ corners, vertices, sorted, heads: Uint32Array.from(heads) },
    simplices: Int32Array.from(pixels.flatMap(simplexOf)),
    weights: Float32Array.from(corners, ({ weight }) => weight),
    starts: Uint32Array.from([...starts, corners.length, corners.length]),
  }
}

function simplexOf(corners: Corner[]): number[] {
  const { vertex } = corners[0]
  // The axis of rank r has lost 6 in the last r of the corners.
  const rank = (axis: number) => corners.filter((corner, k) => corner.vertex[axis] < vertex[axis] + k).length
  const packed = vertex.reduce((bits, _, axis) => bits | (rank(axis) << (3 * axis)), 0)
  return [...vertex.slice(0, 5), packed]
}

/** The vertices before and after each vertex along an axis; the number of vertices where there is none. */
export function neighboursAlong({ corners, heads }: LatticeLists, axis: number): Uint32Array {
  const numbers = new Map(Array.from(heads, (corner, vertex) => [keyOf(corners[corner].vertex), vertex]))
  const neighbour = (vertex: number[], sign: number) =>
    numbers.get(keyOf(vertex.map((value, i) => value + sign * (i === axis ? -5 : 1)))) ?? heads.length
  return Uint32Array.from(
    [...heads].flatMap(corner => [-1, 1].map(sign => neighbour(corners[corner].vertex, sign))),
  )
}

/** The slot at which the search for a vertex begins. */
function firstSlot(vertex: readonly number[], slots: number): number {
  const hash = vertex.slice(0, 5).reduce((hash, coordinate) => {
    const product = Math.imul(hash ^ coordinate, 0x9e3779b1) >>> 0
    return product ^ (product >>> 15)
  }, 0)
  return (hash & (slots - 1)) >>> 0
}

/** The table of the vertices: entered in their order, so that each finds its slots taken only by those that come before it. */
export function hashTable({ corners, heads }: LatticeLists, slots: number): Uint32Array {
  const table = new Uint32Array(slots)
  const compare = (a: readonly number[], b: readonly number[]) => {
    const axis = a.findIndex((value, i) => value !== b[i])
    return axis < 0 ? 0 : a[axis] - b[axis]
  }
  for (const corner of [...heads].sort((a, b) => compare(corners[a].vertex, corners[b].vertex))) {
    let slot = firstSlot(corners[corner].vertex, slots)
    while (table[slot] !== 0) slot = (slot + 1) % slots
    table[slot] = ~corner
  }
  return table
}

/** The first corner at each corner's vertex. */
export const firstsOf = ({ vertices, heads }: LatticeLists): Uint32Array =>
  vertices.map(vertex => heads[vertex])

/** Colours of few values, so that pixels share vertices. */
export function blotches(width: number, height: number, seed: number): Colours {
  const next = randomSource(seed)
  const palette = Array.from({ length: 4 }, () => [0, 0, 0].map(() => Math.floor(256 * next())))
  const data = Array.from({ length: width * height }, () =>
    palette[Math.floor(4 * next())].map(value => Math.min(255, value + Math.floor(3 * next()))),
  )
  return { shape: [1, height, width, 3], data: Float64Array.from(data.flat()) }
}

/** How many vertices have their first corner before each corner. */
export function numbersOf({ vertices, heads }: LatticeLists): Uint32Array {
  let number = 0
  return vertices.map((vertex, corner) => (heads[vertex] === corner ? number++ : number))
}
