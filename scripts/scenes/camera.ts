// A pinhole camera that looks down at the origin from the side of negative z.

import type { Random } from './random.ts'
import type { Ray } from './shapes/shape.ts'
import { along, cross, dot, normalise, scale, subtract, type Vector } from './vector.ts'

export interface Camera {
  position: Vector
  right: Vector
  up: Vector
  forward: Vector
  /** Half the picture's extent at distance 1, along the shorter side of the picture. */
  spread: number
}

/** The same in every scene: bodies are sized to fill the view from this distance. */
const DISTANCE = 11

/** A random camera, between one near the ground that sees the horizon and one that looks steeply down. */
export function randomCamera(random: Random): Camera {
  const rise = random.between(0.22, 0.85)
  const back = Math.sqrt(1 - rise * rise)
  const position: Vector = [0, DISTANCE * rise, -DISTANCE * back]
  const forward = normalise(subtract([0, random.between(0.2, 0.9), 0], position))
  const right: Vector = [1, 0, 0]
  return { position, right, up: cross(forward, right), forward, spread: random.between(0.36, 0.46) }
}

/** The ray through a point of the picture: x and y from −1 to 1 along the shorter side, x to the right, y up. */
export function rayThrough(camera: Camera, x: number, y: number): Ray {
  const { position, right, up, forward, spread } = camera
  const direction = along(along(forward, right, x * spread), up, y * spread)
  return { origin: position, direction: normalise(direction) }
}

/** The position of a world point in the picture, as rayThrough's x and y. */
export function project(camera: Camera, point: Vector): [x: number, y: number] {
  const seen = subtract(point, camera.position)
  const [x, y] = [dot(seen, camera.right), dot(seen, camera.up)]
  const depth = dot(seen, camera.forward) * camera.spread
  return [x / depth, y / depth]
}

/** The unit vector from a point to the eye. */
export const toEye = (camera: Camera, point: Vector): Vector =>
  scale(normalise(subtract(point, camera.position)), -1)
