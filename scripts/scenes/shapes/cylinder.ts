import { entryInto, NOWHERE, type Ray, type Shape, type Span, slabSpan } from './shape.ts'

export function cylinder({ radius, halfHeight }: { radius: number; halfHeight: number }): Shape {
  return {
    boundingRadius: Math.sqrt(radius * radius + halfHeight * halfHeight),
    intersect: ray =>
      entryInto(slabSpan(ray.origin[1], ray.direction[1], halfHeight), barrelSpan(ray, radius)),
    normalAt([x, y, z]) {
      const fromAxis = Math.sqrt(x * x + z * z)
      // The nearer surface decides. On the side, the distance from the axis is the radius; on a cap, |y| is half the height.
      if (radius - fromAxis > halfHeight - Math.abs(y)) return [0, Math.sign(y), 0]
      return [x / fromAxis, 0, z / fromAxis]
    },
  }
}

/** The part of a line within `radius` of the y axis: x² + z² ≤ radius². */
function barrelSpan({ origin, direction }: Ray, radius: number): Span {
  const a = direction[0] * direction[0] + direction[2] * direction[2]
  const b = origin[0] * direction[0] + origin[2] * direction[2]
  const c = origin[0] * origin[0] + origin[2] * origin[2] - radius * radius
  if (a === 0) return c <= 0 ? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] : NOWHERE
  const discriminant = b * b - a * c
  if (discriminant < 0) return NOWHERE
  const root = Math.sqrt(discriminant)
  return [(-b - root) / a, (-b + root) / a]
}
