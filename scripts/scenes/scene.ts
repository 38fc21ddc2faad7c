// A random scene: everything to be rendered. It does not depend on the number of pixels, only on the aspect ratio.

import { type Camera, randomCamera } from './camera.ts'
import { paint, paintApartFrom } from './colours.ts'
import { type HalfExtent, layOut } from './layout.ts'
import { type Random, seededRandom } from './random.ts'
import type { Placed, Solid } from './solid.ts'
import { randomSurroundings, type Surroundings } from './surroundings.ts'
import { randomTexture } from './textures.ts'
import { mix, type Vector } from './vector.ts'

export interface Scene {
  camera: Camera
  bodies: Solid[]
  surroundings: Surroundings
}

/** A random scene. The same seed gives the same scene in pictures of one aspect ratio, at any size. */
export function randomScene(seed: number, extent: HalfExtent): Scene {
  const random = seededRandom(seed)
  const camera = randomCamera(random)
  const placed = layOut(random, camera, extent)
  const surroundings = randomSurroundings(random)
  const bodies: Solid[] = []
  for (const body of placed) bodies.push(painted(random, body, surroundings.prevailing))
  return { camera, bodies, surroundings }
}

/** Gives a body a random material, independent of its class: only the shape shows the class. */
function painted(random: Random, body: Placed, apartFrom: readonly Vector[]): Solid {
  const colour = paintApartFrom(random, apartFrom)
  const second = random.chance(0.4) ? shadeOf(random, colour) : paint(random)
  const texture = randomTexture(random, [colour, second])
  return { ...body, texture, gloss: random.chance(0.5) ? random.between(0.3, 1) : random.between(0, 0.15) }
}

const shadeOf = (random: Random, colour: Vector): Vector =>
  random.chance(0.5) ? mix(colour, [1, 1, 1], 0.5) : mix(colour, [0, 0, 0], 0.6)
