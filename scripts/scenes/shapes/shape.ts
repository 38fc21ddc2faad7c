import type { Vector } from '../vector.ts'

export interface Ray {
  origin: Vector
  /** Of length 1. */
  direction: Vector
}

/** A solid body in its own frame: around the origin, its axis along y. */
export interface Shape {
  /** Of a sphere around the origin that holds the body. */
  boundingRadius: number
  /** A point of the surface without which the body is easily taken for another. */
  landmark?: Vector
  /** How far along the ray, which starts outside, the body begins; Infinity where the ray misses it. */
  intersect(ray: Ray): number
  /** Outward, of length 1, at a point on the surface. */
  normalAt(point: Vector): Vector
}

/** The part of a line that lies in a body, from and to, as distances along it; from > to where none does. */
export type Span = readonly [from: number, to: number]

export const NOWHERE: Span = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]

/** Where origin + t·direction lies between −half and half, along one axis. */
export function slabSpan(origin: number, direction: number, half: number): Span {
  if (direction === 0)
    return Math.abs(origin) <= half ? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] : NOWHERE
  const a = (-half - origin) / direction
  const b = (half - origin) / direction
  return a < b ? [a, b] : [b, a]
}

/** A convex body is the intersection of spans; the ray enters it where it has entered the last of them. */
export function entryInto(a: Span, b: Span): number {
  const from = Math.max(a[0], b[0])
  const to = Math.min(a[1], b[1])
  return from > 0 && from <= to ? from : Number.POSITIVE_INFINITY
}
