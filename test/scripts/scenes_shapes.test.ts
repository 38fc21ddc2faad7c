// Tests each shape against its definition, evaluated point by point.

import { expect } from 'chai'
import { rootsBetween } from '../../scripts/scenes/polynomial.ts'
import { type Random, seededRandom } from '../../scripts/scenes/random.ts'
import { box } from '../../scripts/scenes/shapes/box.ts'
import { cone } from '../../scripts/scenes/shapes/cone.ts'
import { cylinder } from '../../scripts/scenes/shapes/cylinder.ts'
import { ring } from '../../scripts/scenes/shapes/ring.ts'
import type { Ray, Shape } from '../../scripts/scenes/shapes/shape.ts'
import { sphere } from '../../scripts/scenes/shapes/sphere.ts'
import { along, cross, length, normalise, scale, subtract, type Vector } from '../../scripts/scenes/vector.ts'

interface Case {
  shape: Shape
  isInside(point: Vector): boolean
}

const cases: Record<string, Case> = {
  sphere: {
    shape: sphere({ radius: 0.9 }),
    isInside: point => length(point) < 0.9,
  },
  box: {
    shape: box({ half: [0.9, 0.5, 0.7] }),
    isInside: ([x, y, z]) => Math.abs(x) < 0.9 && Math.abs(y) < 0.5 && Math.abs(z) < 0.7,
  },
  cylinder: {
    shape: cylinder({ radius: 0.6, halfHeight: 0.8 }),
    isInside: ([x, y, z]) => Math.hypot(x, z) < 0.6 && Math.abs(y) < 0.8,
  },
  cone: {
    shape: cone({ radius: 0.7, halfHeight: 0.8 }),
    isInside: ([x, y, z]) => Math.abs(y) < 0.8 && Math.hypot(x, z) < (0.7 * (0.8 - y)) / 1.6,
  },
  ring: {
    shape: ring({ radius: 0.7, tube: 0.25 }),
    isInside: ([x, y, z]) => Math.hypot(Math.hypot(x, z) - 0.7, y) < 0.25,
  },
}

const RAYS = 400
const STEP = 1e-3

for (const [name, { shape, isInside }] of Object.entries(cases))
  describe(`a ${name}`, () => {
    const random = seededRandom(11)
    const rays = Array.from({ length: RAYS }, () => rayTowards(random))
    const hits = rays.filter(ray => shape.intersect(ray) < Number.POSITIVE_INFINITY)

    it('begins along a ray at the first inside point of a walk along the ray', () => {
      expect(hits.length).to.be.within(RAYS * 0.2, RAYS * 0.95)
      for (const ray of rays) {
        const distance = shape.intersect(ray)
        const walked = walkUntil(ray, isInside)
        // A walk may step over a corner that the ray only grazes.
        if (walked === undefined) expect(graze({ shape, isInside }, ray)).to.equal(true)
        else expect(distance).to.be.within(walked - STEP, walked + 1e-9)
      }
    })

    it('is nowhere behind a ray or outside its bounding radius', () => {
      for (const { origin, direction } of hits) {
        expect(shape.intersect({ origin, direction: scale(direction, -1) })).to.equal(
          Number.POSITIVE_INFINITY,
        )
        const point = along(origin, direction, shape.intersect({ origin, direction }))
        expect(length(point)).to.be.at.most(shape.boundingRadius + 1e-9)
      }
    })

    it('has unit normals that point outwards, perpendicular to the surface', () => {
      for (const ray of hits) {
        const point = along(ray.origin, ray.direction, shape.intersect(ray))
        const normal = shape.normalAt(point)
        expect(length(normal)).to.be.closeTo(1, 1e-9)
        const tangent = normalise(cross(normal, [0.6, 0.48, 0.64]))
        for (const side of [tangent, cross(normal, tangent)])
          for (const sign of [-1, 1])
            expect(isInside(along(along(point, normal, 1e-4), side, sign * 5e-4))).to.equal(false)
      }
    })
  })

/** A ray from a sphere of radius 3 to a point near the origin. */
function rayTowards(random: Random): Ray {
  const anywhere = (): Vector => [random.between(-1, 1), random.between(-1, 1), random.between(-1, 1)]
  const origin = scale(normalise(anywhere()), 3)
  return { origin, direction: normalise(subtract(scale(anywhere(), 0.8), origin)) }
}

/** The first multiple of STEP at which the ray is inside, if any. */
function walkUntil({ origin, direction }: Ray, isInside: Case['isInside']): number | undefined {
  for (let distance = 0; distance < 6; distance += STEP)
    if (isInside(along(origin, direction, distance))) return distance
  return undefined
}

/** Whether a ray misses, or leaves the shape again within a step of entering it. */
function graze({ shape, isInside }: Case, ray: Ray): boolean {
  const distance = shape.intersect(ray)
  return distance === Number.POSITIVE_INFINITY || !isInside(along(ray.origin, ray.direction, distance + STEP))
}

describe('rootsBetween', () => {
  it('finds the roots of a quartic within the bounds, in order', () => {
    const roots = rootsBetween(expand([-2, 1, 1.001, 5]), -3, 4)
    expect(roots).to.have.lengthOf(3)
    ;[-2, 1, 1.001].forEach((root, i) => {
      expect(roots[i]).to.be.closeTo(root, 1e-9)
    })
  })

  it('finds no roots if there are none', () => {
    expect(rootsBetween([1, 0, 2, 0, 1], -10, 10)).to.deep.equal([])
  })
})

/** The coefficients, constant first, of the product of (x − root). */
function expand(roots: readonly number[]): number[] {
  let product = [1]
  for (const root of roots) {
    const shifted = [0, ...product]
    product = shifted.map((coefficient, i) => coefficient - root * (product[i] ?? 0))
  }
  return product
}
