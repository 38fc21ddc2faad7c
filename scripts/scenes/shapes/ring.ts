import { rootsBetween } from '../polynomial.ts'
import { along, dot } from '../vector.ts'
import { type Ray, type Shape, slabSpan } from './shape.ts'

/** A torus: a tube of radius `tube` around the circle of radius `radius` in the plane y = 0. */
export function ring({ radius, tube }: { radius: number; tube: number }): Shape {
  const boundingRadius = radius + tube
  return {
    boundingRadius,
    intersect(ray) {
      const middle = -dot(ray.origin, ray.direction)
      const nearest = along(ray.origin, ray.direction, middle)
      const reach = Math.sqrt(boundingRadius * boundingRadius - dot(nearest, nearest))
      if (Number.isNaN(reach)) return Number.POSITIVE_INFINITY
      const [above, below] = slabSpan(nearest[1], ray.direction[1], tube)
      const [from, to] = [Math.max(-reach, above, -middle), Math.min(reach, below)]
      if (from >= to) return Number.POSITIVE_INFINITY
      const quartic = torusQuartic({ origin: nearest, direction: ray.direction }, radius, tube)
      const [root = Number.POSITIVE_INFINITY] = rootsBetween(quartic, from, to)
      return middle + root
    },
    normalAt([x, y, z]) {
      const fromAxis = Math.sqrt(x * x + z * z)
      const outward = (fromAxis - radius) / fromAxis
      return [(x * outward) / tube, y / tube, (z * outward) / tube]
    },
  }
}

/**
 * (|p|² + radius² − tube²)² − 4·radius²·(x² + z²) at p = origin + t·direction, which is negative inside the torus. The origin
 * must be the line's point nearest to the torus's centre: this removes the cubic term and keeps the other coefficients small.
 */
function torusQuartic({ origin, direction }: Ray, radius: number, tube: number): number[] {
  const k = dot(origin, origin) + radius * radius - tube * tube
  const r4 = 4 * radius * radius
  const a = direction[0] * direction[0] + direction[2] * direction[2]
  const b = origin[0] * direction[0] + origin[2] * direction[2]
  const c = origin[0] * origin[0] + origin[2] * origin[2]
  return [k * k - r4 * c, -2 * r4 * b, 2 * k - r4 * a, 0, 1]
}
