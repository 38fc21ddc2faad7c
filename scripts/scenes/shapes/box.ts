import { length, type Vector } from '../vector.ts'
import { entryInto, type Shape, type Span, slabSpan } from './shape.ts'

/** `half`: half of its width, height and depth. */
export function box({ half }: { half: Vector }): Shape {
  return {
    boundingRadius: length(half),
    intersect({ origin, direction }) {
      const x = slabSpan(origin[0], direction[0], half[0])
      const y = slabSpan(origin[1], direction[1], half[1])
      const z = slabSpan(origin[2], direction[2], half[2])
      const xy: Span = [Math.max(x[0], y[0]), Math.min(x[1], y[1])]
      return entryInto(xy, z)
    },
    normalAt(point) {
      const [x, y, z] = [point[0] / half[0], point[1] / half[1], point[2] / half[2]]
      const [ax, ay, az] = [Math.abs(x), Math.abs(y), Math.abs(z)]
      if (ax >= ay && ax >= az) return [Math.sign(x), 0, 0]
      return ay >= az ? [0, Math.sign(y), 0] : [0, 0, Math.sign(z)]
    },
  }
}
