import type { Vector } from '../vector.ts'

export interface Ray {
  origin: Vector
  /** A unit vector. */
  direction: Vector
}

/** A solid body in its own frame: centred at the origin, with its axis along y. */
export interface Shape {
  /** The radius of a sphere around the origin that contains the body. */
  boundingRadius: number
  /** A point of the surface that must be visible, or the body may be mistaken for another class. */
  landmark?: Vector
  /** The distance along the ray, which starts outside, to the body; Infinity if the ray misses it. */
  intersect(ray: Ray): number
  /** The outward unit normal at a point on the surface. */
  normalAt(point: Vector): Vector
}

/** The part of a line inside a body, as distances along it; from > to if there is none. */
export type Span = readonly [from: number, to: number]

export const NOWHERE: Span = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]

/** The part of a line where origin + t·direction is between −half and half, along one axis. */
export function slabSpan(origin: number, direction: number, half: number): Span {
  if (direction === 0)
    return Math.abs(origin) <= half ? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] : NOWHERE
  const a = (-half - origin) / direction
  const b = (half - origin) / direction
  return a < b ? [a, b] : [b, a]
}

/**
 * The distance at which a ray enters a convex body, which is the intersection of spans: the ray is inside once it has entered all
 * of them.
 */
export function entryInto(a: Span, b: Span): number {
  const from = Math.max(a[0], b[0])
  const to = Math.min(a[1], b[1])
  return from > 0 && from <= to ? from : Number.POSITIVE_INFINITY
}
