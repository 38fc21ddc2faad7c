// A body in the world: a shape with a position and a rotation.

import type { ShapeName } from './classes.ts'
import type { Ray, Shape } from './shapes/shape.ts'
import type { Texture } from './textures.ts'
import { add, dot, scale, subtract, type Vector } from './vector.ts'

/** The unit vectors of a body's own x, y and z axes in the world, perpendicular to each other. */
export type Frame = readonly [x: Vector, y: Vector, z: Vector]

/** A body without its paint: everything needed for layout and masks. */
export interface Placed {
  name: ShapeName
  shape: Shape
  position: Vector
  frame: Frame
  /** The radius of a circle around its position that contains the body, seen from above. */
  footprint: number
}

export interface Solid extends Placed {
  texture: Texture
  /** The gloss, 0 (chalk) to 1 (glazed). */
  gloss: number
}

export interface Hit<T extends Placed = Solid> {
  body: T
  distance: number
}

/** The nearest body along a ray within `limit`, if any. */
export function firstHit<T extends Placed>(
  bodies: readonly T[],
  ray: Ray,
  limit = Number.POSITIVE_INFINITY,
): Hit<T> | undefined {
  let nearest: Hit<T> | undefined
  for (const body of bodies) {
    const distance = distanceTo(body, ray)
    if (distance < (nearest?.distance ?? limit)) nearest = { body, distance }
  }
  return nearest
}

/** Whether anything stands in a ray's way. */
export function isBlocked(bodies: readonly Placed[], ray: Ray): boolean {
  for (const body of bodies) if (distanceTo(body, ray) < Number.POSITIVE_INFINITY) return true
  return false
}

/** The distance along the ray to a body; Infinity for a miss. */
export function distanceTo(body: Placed, ray: Ray): number {
  if (misses(body, ray)) return Number.POSITIVE_INFINITY
  return body.shape.intersect({
    origin: toLocal(body, ray.origin),
    direction: toFrame(body, ray.direction),
  })
}

/** Whether a ray misses a body's bounding sphere. This decides most rays, so it allocates no vectors. */
function misses({ position, shape }: Placed, { origin, direction }: Ray): boolean {
  const x = position[0] - origin[0]
  const y = position[1] - origin[1]
  const z = position[2] - origin[2]
  const outside = x * x + y * y + z * z - shape.boundingRadius * shape.boundingRadius
  if (outside <= 0) return false
  const approach = x * direction[0] + y * direction[1] + z * direction[2]
  return approach < 0 || approach * approach < outside
}

/** Converts a world point to a body's own frame. */
export const toLocal = (body: Placed, point: Vector): Vector => toFrame(body, subtract(point, body.position))

/** Converts a vector from a body's own frame to the world. */
export function toWorld({ frame }: Placed, v: Vector): Vector {
  return add(add(scale(frame[0], v[0]), scale(frame[1], v[1])), scale(frame[2], v[2]))
}

const toFrame = ({ frame }: Placed, v: Vector): Vector => [
  dot(v, frame[0]),
  dot(v, frame[1]),
  dot(v, frame[2]),
]
