import { entryInto, NOWHERE, type Ray, type Shape, type Span, slabSpan } from './shape.ts'

/** The apex is at y = halfHeight, the base with the given radius at y = −halfHeight. */
export function cone({ radius, halfHeight }: { radius: number; halfHeight: number }): Shape {
  const slope = radius / (2 * halfHeight)
  return {
    boundingRadius: Math.sqrt(radius * radius + halfHeight * halfHeight),
    landmark: [0, halfHeight, 0],
    intersect: ray =>
      entryInto(slabSpan(ray.origin[1], ray.direction[1], halfHeight), mantleSpan(ray, slope, halfHeight)),
    normalAt([x, y, z]) {
      const fromAxis = Math.sqrt(x * x + z * z)
      const mantle = slope * (halfHeight - y)
      if (mantle - fromAxis > y + halfHeight || fromAxis === 0) return [0, y < 0 ? -1 : 1, 0]
      const steepness = Math.sqrt(1 + slope * slope)
      return [x / fromAxis / steepness, slope / steepness, z / fromAxis / steepness]
    },
  }
}

/**
 * The part of a line inside the infinite cone below the apex: x² + z² ≤ slope²·(apex − y)². The equation also holds in the
 * mirrored cone above the apex. The slab of the body excludes that one, except for a line that passes through both cones.
 */
function mantleSpan({ origin, direction }: Ray, slope: number, apex: number): Span {
  const [height, fall] = [apex - origin[1], -direction[1]] // height below the apex, and its change along the line
  const s2 = slope * slope
  const a = direction[0] * direction[0] + direction[2] * direction[2] - s2 * fall * fall
  const b = origin[0] * direction[0] + origin[2] * direction[2] - s2 * height * fall
  const c = origin[0] * origin[0] + origin[2] * origin[2] - s2 * height * height
  const discriminant = b * b - a * c
  if (a > 0) {
    if (discriminant < 0) return NOWHERE
    const root = Math.sqrt(discriminant)
    return [(-b - root) / a, (-b + root) / a]
  }
  // The line is at least as steep as the cone's side: it is inside one cone, then outside, then inside the other without end. In
  // this form of the roots, a = −0 sends one of them to the correct infinity.
  const q = -(b + (b < 0 ? -1 : 1) * Math.sqrt(Math.max(0, discriminant)))
  const [one, other] = [q / -Math.abs(a), c / q]
  return fall > 0
    ? [Math.max(one, other), Number.POSITIVE_INFINITY]
    : [Number.NEGATIVE_INFINITY, Math.min(one, other)]
}
