// Tests the drawn scenes: identical bytes on every machine, correctly placed bodies, and recognisable classes.

import { expect } from 'chai'
import { project, randomCamera, rayThrough } from '../../scripts/scenes/camera.ts'
import { sceneClasses } from '../../scripts/scenes/classes.ts'
import { layOut } from '../../scripts/scenes/layout.ts'
import { seededRandom } from '../../scripts/scenes/random.ts'
import { renderScene } from '../../scripts/scenes/ray_tracer.ts'
import { randomScene } from '../../scripts/scenes/scene.ts'
import { sphere } from '../../scripts/scenes/shapes/sphere.ts'
import { distanceTo, firstHit, type Placed } from '../../scripts/scenes/solid.ts'
import { cross, length, subtract, type Vector } from '../../scripts/scenes/vector.ts'

/** FNV-1a. */
const checksum = (bytes: Uint8Array) =>
  bytes.reduce((hash, byte) => Math.imul(hash ^ byte, 0x01000193), 0x811c9dc5) >>> 0

const shareOf = (mask: Uint8Array, id: number) => mask.filter(found => found === id).length / mask.length

describe('renderScene', () => {
  // Only arithmetic and √ are used, so these checksums are valid on every machine.
  const drawn = [
    { seed: 7, width: 65, height: 65, image: 3528578079, mask: 3714985951 },
    { seed: 2 ** 32 - 1, width: 80, height: 45, image: 2341079206, mask: 1037196637 },
  ]
  for (const { seed, width, height, image, mask } of drawn)
    it(`draws seed ${seed} at ${width}×${height} to the byte`, () => {
      const scene = renderScene({ seed, width, height })
      expect(scene.image.length).to.equal(height * width * 4)
      expect(scene.mask.length).to.equal(height * width)
      expect([checksum(scene.image), checksum(scene.mask)]).to.deep.equal([image, mask])
    })

  it('draws the same scene at all sizes: masks agree at common pixel centres', () => {
    for (let seed = 0; seed < 4; seed++) {
      const large = renderScene({ seed, width: 99, height: 99 })
      const small = renderScene({ seed, width: 33, height: 33 })
      const sampled = small.mask.map(
        (_, pixel) => large.mask[(3 * Math.floor(pixel / 33) + 1) * 99 + 3 * (pixel % 33) + 1],
      )
      expect(small.mask).to.deep.equal(sampled)
    }
  })

  it('shows every class about equally often, with enough background', () => {
    const masks = Array.from({ length: 60 }, (_, seed) => renderScene({ seed, width: 33, height: 33 }).mask)
    for (const mask of masks) {
      expect(Math.max(...mask)).to.be.below(sceneClasses.length)
      expect(shareOf(mask, 0)).to.be.within(0.3, 0.92)
    }
    for (let id = 1; id < sceneClasses.length; id++)
      expect(masks.filter(mask => mask.includes(id)).length, sceneClasses[id]).to.be.above(15)
  })
})

describe('a mask', () => {
  it('of a single sphere contains exactly the rays that pass its centre within its radius', () => {
    const camera = randomCamera(seededRandom(3))
    const position: Vector = [0.5, 1.25, 0.75]
    const upright: Placed['frame'] = [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ]
    const shape = sphere({ radius: 1.25 })
    const ball: Placed = { name: 'sphere', shape, position, frame: upright, footprint: 1.25 }
    const fromEye = subtract(position, camera.position)
    let hits = 0
    for (let y = -1; y <= 1; y += 0.01)
      for (let x = -1; x <= 1; x += 0.01) {
        const ray = rayThrough(camera, x, y)
        const passes = length(cross(ray.direction, fromEye))
        expect(firstHit([ball], ray) !== undefined).to.equal(passes < 1.25)
        if (passes < 1.25) hits++
      }
    expect(hits).to.be.above(1000)
  })

  it('shows the nearest body', () => {
    for (let seed = 0; seed < 5; seed++) {
      const { bodies, camera } = randomScene(seed, [1, 1])
      for (const { position } of bodies) {
        const ray = rayThrough(camera, ...project(camera, position))
        const nearest = Math.min(...bodies.map(body => distanceTo(body, ray)))
        expect(firstHit(bodies, ray)?.distance ?? Number.POSITIVE_INFINITY).to.equal(nearest)
      }
    }
  })
})

describe('bodies of a scene', () => {
  const layouts = Array.from({ length: 40 }, (_, seed) => {
    const random = seededRandom(seed)
    const camera = randomCamera(random)
    return { camera, bodies: layOut(random, camera, [1, 1]) }
  })

  it('number from two to nine', () => {
    const counts = layouts.map(({ bodies }) => bodies.length)
    expect(Math.min(...counts)).to.be.at.least(2)
    expect(Math.max(...counts)).to.be.within(6, 9)
  })

  it('show at least 4 % of the picture each', () => {
    for (const { camera, bodies } of layouts) {
      const seen = new Map<Placed, number>()
      for (let y = -0.99; y < 1; y += 0.02)
        for (let x = -0.99; x < 1; x += 0.02) {
          const hit = firstHit(bodies, rayThrough(camera, x, y))
          if (hit) seen.set(hit.body, (seen.get(hit.body) ?? 0) + 1)
        }
      for (const body of bodies) expect(seen.get(body)! / 100 ** 2, body.name).to.be.at.least(0.04)
    }
  })

  it('rest exactly on the ground', () => {
    for (const { bodies } of layouts)
      for (const body of bodies) expect(lowestPoint(body), body.name).to.be.within(-1e-9, 0.01)
  })

  it('do not touch each other', () => {
    for (const { bodies } of layouts)
      for (const a of bodies)
        for (const b of bodies) {
          if (a === b) continue
          const [x, , z] = subtract(a.position, b.position)
          expect(Math.sqrt(x * x + z * z)).to.be.at.least(a.footprint + b.footprint)
        }
  })
})

/** The least height at which rays that rise from below the ground meet a body, in a fine grid over its footprint. */
function lowestPoint(body: Placed): number {
  let lowest = Number.POSITIVE_INFINITY
  const reach = body.footprint
  for (let x = -reach; x <= reach; x += reach / 60)
    for (let z = -reach; z <= reach; z += reach / 60) {
      const origin: Vector = [body.position[0] + x, -10, body.position[2] + z]
      lowest = Math.min(lowest, distanceTo(body, { origin, direction: [0, 1, 0] }) - 10)
    }
  return lowest
}
