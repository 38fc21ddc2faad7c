// Value noise: random values on a grid of unit cubes, interpolated smoothly.

import { scale, type Vector } from './vector.ts'

/** Smooth values from 0 to 1, with features about one unit wide. Each seed gives another field. */
export function noise(point: Vector, seed: number): number {
  const column = Math.floor(point[0])
  const row = Math.floor(point[1])
  const layer = Math.floor(point[2])
  const u = ease(point[0] - column)
  const v = ease(point[1] - row)
  const w = ease(point[2] - layer)
  const low = blend(edge(column, row, layer, seed, u), edge(column, row + 1, layer, seed, u), v)
  const high = blend(edge(column, row, layer + 1, seed, u), edge(column, row + 1, layer + 1, seed, u), v)
  return blend(low, high, w)
}

/** The value on one edge of a cube, at the fraction u of its length. */
function edge(x: number, y: number, z: number, seed: number, u: number): number {
  return blend(cellValue(x, y, z, seed), cellValue(x + 1, y, z, seed), u)
}

/** Three octaves of noise, 0 to 1: clouds. */
export function turbulence(point: Vector, seed: number): number {
  const coarse = noise(point, seed)
  const middle = noise(scale(point, 2), seed + 1)
  const fine = noise(scale(point, 4), seed + 2)
  return (4 * coarse + 2 * middle + fine) / 7
}

/** A hash of an integer cell, 0 to 1. */
export function cellValue(x: number, y: number, z: number, seed: number): number {
  let hash = Math.imul(x, 0x9e3779b1) ^ Math.imul(y, 0x85ebca6b) ^ Math.imul(z, 0xc2b2ae35) ^ seed
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d)
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b)
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32
}

/** Smoothstep: 0 at 0, 1 at 1, with zero slope at both. */
export function ease(t: number): number {
  return t * t * (3 - 2 * t)
}

function blend(a: number, b: number, t: number): number {
  return a + (b - a) * t
}
