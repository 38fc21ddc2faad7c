import { dot, scale } from '../vector.ts'
import type { Shape } from './shape.ts'

export function sphere({ radius }: { radius: number }): Shape {
  return {
    boundingRadius: radius,
    intersect({ origin, direction }) {
      const middle = -dot(origin, direction)
      const squared = middle * middle - dot(origin, origin) + radius * radius
      const distance = middle - Math.sqrt(squared) // NaN for a miss
      return distance > 0 ? distance : Number.POSITIVE_INFINITY
    },
    normalAt: point => scale(point, 1 / radius),
  }
}
