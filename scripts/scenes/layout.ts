// Places bodies on the ground, without intersections, in view. They may overlap in the picture, but each must remain
// recognisable.

import { type Camera, project, rayThrough, toEye } from './camera.ts'
import { type ShapeName, sceneClasses } from './classes.ts'
import { restingBody, tellsItself } from './poses.ts'
import type { Random } from './random.ts'
import type { Ray } from './shapes/shape.ts'
import { distanceTo, type Placed, toWorld } from './solid.ts'
import { add, dot, length, subtract } from './vector.ts'

/** Half the picture's width and height, in units of half the shorter side: the limits of rayThrough's x and y. */
export type HalfExtent = readonly [x: number, y: number]

/** The smallest share of the picture for a body, and the smallest share of its outline that other bodies leave visible. */
const LEAST_SHARE = 0.042
const LEAST_VISIBLE = 0.65

/** How many places and sizes are tried for a body before it is left out. */
const ATTEMPTS = 40

/** Rays along the shorter side of the coarse picture that measures these shares. */
const SKETCH_SIZE = 48

/** Two to nine bodies, each class with equal probability. */
export function layOut(random: Random, camera: Camera, extent: HalfExtent): Placed[] {
  const names = sceneClasses.slice(1) as ShapeName[]
  const sketch = new Sketch(camera, extent)
  const count = random.integer(2, 9)
  for (let i = 0; i < count || sketch.bodies.length < 2; i++) {
    const name = random.pick(names)
    for (let attempt = 0; attempt < ATTEMPTS; attempt++)
      if (sketch.tryAdding(randomlyPlaced(random, { name, count, extent }))) break
  }
  return sketch.bodies
}

/** A body of random size and place. The more bodies, the smaller they are. In one scene sizes differ by a factor of up to 2.3. */
function randomlyPlaced(
  random: Random,
  { name, count, extent }: { name: ShapeName; count: number; extent: HalfExtent },
): Placed {
  const largest = 2.9 - 0.13 * count
  const x = random.between(-4.3, 4.3) * extent[0]
  const z = random.between(-4.3, 6) * extent[1]
  return restingBody(random, { name, size: random.between(1.2, largest), x, z })
}

/** A coarse picture with the distance of every body along every ray. */
class Sketch {
  readonly bodies: Placed[] = []
  readonly #camera: Camera
  readonly #extent: HalfExtent
  readonly #rays: Ray[] = []
  /** For each body, in the order of `bodies`, a distance for each ray. */
  readonly #distances: Float64Array[] = []

  constructor(camera: Camera, extent: HalfExtent) {
    this.#camera = camera
    this.#extent = extent
    const [columns, rows] = extent.map(half => Math.round(SKETCH_SIZE * half))
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++) {
        const x = ((2 * column + 1) / columns - 1) * extent[0]
        const y = (1 - (2 * row + 1) / rows) * extent[1]
        this.#rays.push(rayThrough(camera, x, y))
      }
  }

  /** Adds the body and returns true if it and all the others are recognisable then. */
  tryAdding(body: Placed): boolean {
    if (!tellsItself(body, toEye(this.#camera, body.position))) return false
    if (!this.#isInView(body) || this.bodies.some(other => touch(body, other))) return false
    const distances = Float64Array.from(this.#rays, ray => distanceTo(body, ray))
    const bodies = [...this.bodies, body]
    if (!this.#allShow([...this.#distances, distances])) return false
    if (bodies.some(shown => !this.#showsLandmark(shown, bodies))) return false
    this.bodies.push(body)
    this.#distances.push(distances)
    return true
  }

  /** Whether all of a body except its rim is in view, estimated by its bounding sphere. */
  #isInView({ position, shape }: Placed): boolean {
    const [x, y] = project(this.#camera, position)
    const depth = dot(subtract(position, this.#camera.position), this.#camera.forward)
    const reach = (0.8 * shape.boundingRadius) / (depth * this.#camera.spread)
    return Math.abs(x) + reach <= this.#extent[0] && Math.abs(y) + reach <= this.#extent[1]
  }

  #allShow(distances: readonly Float64Array[]): boolean {
    const outlined = new Array(distances.length).fill(0)
    const visible = new Array(distances.length).fill(0)
    for (let ray = 0; ray < this.#rays.length; ray++) {
      let nearest = -1
      for (let i = 0; i < distances.length; i++) {
        if (distances[i][ray] === Number.POSITIVE_INFINITY) continue
        outlined[i]++
        if (nearest < 0 || distances[i][ray] < distances[nearest][ray]) nearest = i
      }
      if (nearest >= 0) visible[nearest]++
    }
    const least = LEAST_SHARE * this.#rays.length
    return visible.every((count, i) => count >= least && count >= LEAST_VISIBLE * outlined[i])
  }

  #showsLandmark(body: Placed, bodies: readonly Placed[]): boolean {
    if (!body.shape.landmark) return true
    const landmark = add(body.position, toWorld(body, body.shape.landmark))
    const [x, y] = project(this.#camera, landmark)
    if (Math.abs(x) > this.#extent[0] || Math.abs(y) > this.#extent[1]) return false
    const distance = length(subtract(landmark, this.#camera.position))
    const ray = rayThrough(this.#camera, x, y)
    return bodies.every(other => other === body || distanceTo(other, ray) > distance)
  }
}

/** Whether two bodies may touch, judged from above. */
function touch(a: Placed, b: Placed): boolean {
  const [x, , z] = subtract(a.position, b.position)
  return Math.sqrt(x * x + z * z) < a.footprint + b.footprint
}
