// Poses of bodies that rest on the ground y = 0, and the directions from which each is recognisable.

import type { ShapeName } from './classes.ts'
import type { Random } from './random.ts'
import { box } from './shapes/box.ts'
import { cone } from './shapes/cone.ts'
import { cylinder } from './shapes/cylinder.ts'
import { ring } from './shapes/ring.ts'
import { sphere } from './shapes/sphere.ts'
import type { Frame, Placed } from './solid.ts'
import { cross, dot, length, type Vector } from './vector.ts'

/** A body of about the given radius that rests on the ground at (x, 0, z), with random proportions and rotation. */
export function restingBody(
  random: Random,
  { name, size, x, z }: { name: ShapeName; size: number; x: number; z: number },
): Placed {
  const { height, ...pose } = POSES[name](random, size)
  return { name, position: [x, height, z], ...pose }
}

/** A body without its name and place: its shape and rotation, and the height of its centre. */
type Pose = Omit<Placed, 'name' | 'position'> & { height: number }

const POSES: Record<ShapeName, (random: Random, size: number) => Pose> = {
  box: (random, size) => {
    const side = () => size * random.between(0.42, 0.75)
    const half: Vector = [side(), side(), side()]
    return {
      shape: box({ half }),
      height: half[1],
      frame: standing(random),
      footprint: length([half[0], 0, half[2]]),
    }
  },
  sphere: (random, size) => {
    const radius = size * 0.85
    return {
      shape: sphere({ radius }),
      height: radius,
      frame: leaning(random, random.between(-1, 1)),
      footprint: radius,
    }
  },
  cylinder: (random, size) => {
    const radius = size * random.between(0.38, 0.62)
    const halfHeight = size * random.between(0.6, 0.95)
    const shape = cylinder({ radius, halfHeight })
    return random.chance(0.6)
      ? { shape, height: halfHeight, frame: standing(random), footprint: radius }
      : { shape, height: radius, frame: leaning(random, 0), footprint: shape.boundingRadius }
  },
  cone: (random, size) => {
    const radius = size * random.between(0.55, 0.75)
    const halfHeight = size * random.between(0.75, 0.95)
    const shape = cone({ radius, halfHeight })
    if (random.chance(0.7)) return { shape, height: halfHeight, frame: standing(random), footprint: radius }
    // Lying on its side: the axis points down towards the apex by half the opening angle. This is the sine of that.
    const sine = radius / Math.sqrt(radius * radius + 4 * halfHeight * halfHeight)
    return {
      shape,
      height: halfHeight * sine,
      frame: leaning(random, -sine),
      footprint: shape.boundingRadius,
    }
  },
  ring: (random, size) => {
    const radius = size * 0.72
    const tube = radius * random.between(0.26, 0.42)
    const shape = ring({ radius, tube })
    const footprint = shape.boundingRadius
    return random.chance(0.55)
      ? { shape, height: tube, frame: standing(random), footprint }
      : { shape, height: radius + tube, frame: leaning(random, 0), footprint }
  },
}

/** The axis is vertical; the rotation about it is random. */
function standing(random: Random): Frame {
  const [cosine, sine] = random.onCircle()
  return [
    [cosine, 0, sine],
    [0, 1, 0],
    [-sine, 0, cosine],
  ]
}

/** The axis rises by `rise` (the sine, −1 to 1) in a random direction; the rotation about it is random. */
function leaning(random: Random, rise: number): Frame {
  const [cosine, sine] = random.onCircle()
  const level = Math.sqrt(1 - rise * rise)
  const axis: Vector = [level * cosine, rise, level * sine]
  const side: Vector = [-sine, 0, cosine]
  const other = cross(side, axis)
  const [u, v] = random.onCircle()
  const x = turned(side, other, [u, v])
  return [x, axis, cross(x, axis)]
}

const turned = (a: Vector, b: Vector, [u, v]: readonly [number, number]): Vector => [
  a[0] * u + b[0] * v,
  a[1] * u + b[1] * v,
  a[2] * u + b[2] * v,
]

/**
 * Whether the class of a body is recognisable from the direction `toEye`: end-on, a cylinder and a cone look like discs; edge-on,
 * a ring looks like a bar; face-on, a box looks like any rectangle.
 */
export function tellsItself({ name, frame }: Placed, toEye: Vector): boolean {
  const [x, axis, z] = frame
  const facing = dot(axis, toEye)
  switch (name) {
    case 'box':
      return Math.min(Math.abs(dot(x, toEye)), Math.abs(dot(z, toEye))) > 0.2 && facing > 0.15
    case 'sphere':
      return true
    case 'cylinder':
      return Math.abs(facing) < 0.75
    case 'cone':
      return facing > -0.3 && facing < 0.75 // seen from below, the base hides the apex
    case 'ring':
      return Math.abs(facing) > 0.4 // its hole must be visible
  }
}
