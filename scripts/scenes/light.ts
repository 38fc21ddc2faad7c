// Computes the light along a ray.

import type { Scene } from './scene.ts'
import type { Ray } from './shapes/shape.ts'
import { type Hit, isBlocked, type Solid, toLocal, toWorld } from './solid.ts'
import type { Surroundings } from './surroundings.ts'
import { add, along, dot, mix, multiply, normalise, scale, subtract, type Vector } from './vector.ts'

/** The point where a ray ends, and the surface there. */
interface Surface {
  point: Vector
  normal: Vector
  colour: Vector
  gloss: number
  /** Undefined for the ground and the wall. */
  body?: Solid
}

/** The distance from the surface at which the next ray starts, so that it does not hit the same surface. */
const OFFSET = 1e-4

/** The distance at which the ground's colour is half haze. */
const HALF_FADED = 45

export interface Lighting {
  scene: Scene
  /** Which of the four parts of each lamp casts the shadows, 0 to 3. The mean over all parts gives soft shadows. */
  part: number
}

/** The light along a ray from the first body that it hits, or else from the wall, the ground or the sky. */
export function lightFrom(hit: Hit | undefined, ray: Ray, lighting: Lighting): Vector {
  const { surroundings } = lighting.scene
  if (hit) {
    const point = along(ray.origin, ray.direction, hit.distance)
    return reflectedLight(bodySurface(hit.body, point), ray, lighting)
  }
  const plane = planeBehind(ray, surroundings)
  if (!plane) return surroundings.sky(ray.direction)
  const light = reflectedLight(plane.surface, ray, lighting)
  if (surroundings.wall) return light
  const far = plane.distance * plane.distance
  return mix(light, surroundings.haze, far / (far + HALF_FADED * HALF_FADED))
}

function bodySurface(body: Solid, point: Vector): Surface {
  const local = toLocal(body, point)
  const normal = toWorld(body, body.shape.normalAt(local))
  const colour = body.texture(scale(local, 1 / body.shape.boundingRadius))
  return { point, normal, colour, gloss: body.gloss, body }
}

/** The wall or the ground, whichever is hit first. */
function planeBehind(
  { origin, direction }: Ray,
  { ground, wall }: Surroundings,
): { distance: number; surface: Surface } | undefined {
  const down = direction[1] < 0 ? -origin[1] / direction[1] : Number.POSITIVE_INFINITY
  const back = wall && direction[2] > 0 ? (wall.z - origin[2]) / direction[2] : Number.POSITIVE_INFINITY
  const distance = Math.min(down, back)
  if (distance === Number.POSITIVE_INFINITY) return undefined
  const point = along(origin, direction, distance)
  const surface: Surface =
    wall && back < down
      ? { point, normal: [0, 0, -1], colour: wall.texture(point), gloss: 0 }
      : { point, normal: [0, 1, 0], colour: ground(point), gloss: 0 }
  return { distance, surface }
}

/** Lambert's diffuse light, dimmed near other bodies; on glossy bodies also Blinn's highlights and a reflection of the sky. */
function reflectedLight(surface: Surface, ray: Ray, { scene, part }: Lighting): Vector {
  const { bodies, surroundings } = scene
  const { point, normal, colour, gloss } = surface
  const { above, below } = surroundings.ambient
  let diffuse = scale(mix(below, above, (normal[1] + 1) / 2), openness(surface, bodies))
  let mirrored: Vector = gloss > 0 ? skyReflection(surface, ray, surroundings) : [0, 0, 0]
  const start = along(point, normal, OFFSET)
  for (const lamp of surroundings.lights) {
    const facing = dot(normal, lamp.direction)
    if (facing <= 0 || isBlocked(bodies, { origin: start, direction: lamp.parts[part] })) continue
    diffuse = along(diffuse, lamp.colour, facing)
    if (gloss === 0) continue
    const halfway = normalise(subtract(lamp.direction, ray.direction))
    mirrored = along(mirrored, lamp.colour, 0.6 * gloss * power64(dot(normal, halfway)))
  }
  return add(multiply(colour, diffuse), mirrored)
}

/** The reflection of the sky: stronger at flat angles (Schlick's approximation of the Fresnel equations). */
function skyReflection({ normal, gloss }: Surface, { direction }: Ray, { sky }: Surroundings): Vector {
  const facing = -dot(normal, direction)
  const mirrored = along(direction, normal, 2 * facing)
  const grazing = (1 - facing) * (1 - facing)
  return scale(sky(mirrored), gloss * (0.04 + 0.4 * grazing * grazing * (1 - facing)))
}

/** The share of the sky's light that other bodies, treated as spheres, do not block: 1 in the open, less between bodies. */
function openness({ point, normal, body }: Surface, bodies: readonly Solid[]): number {
  let open = 1
  for (const other of bodies) {
    if (other === body) continue
    const x = other.position[0] - point[0]
    const y = other.position[1] - point[1]
    const z = other.position[2] - point[2]
    const facing = x * normal[0] + y * normal[1] + z * normal[2]
    if (facing <= 0) continue
    const squared = x * x + y * y + z * z
    const radius = 0.7 * other.shape.boundingRadius
    open *= 1 - Math.min(0.8, (facing * radius * radius) / (squared * Math.sqrt(squared)))
  }
  return open
}

/** x⁶⁴ by squaring. */
function power64(x: number): number {
  let power = Math.max(0, x)
  for (let i = 0; i < 6; i++) power *= power
  return power
}
