// The surroundings of the bodies: ground, sky or wall, and lights.

import { hsv } from './colours.ts'
import { ease, turbulence } from './noise.ts'
import type { Random } from './random.ts'
import { planeTexture, type Texture } from './textures.ts'
import { add, mix, normalise, scale, type Vector } from './vector.ts'

export interface Surroundings {
  ground: Texture
  /** A wall behind everything, in the plane z = `z`. */
  wall?: { z: number; texture: Texture }
  /** The light from a direction without bodies. */
  sky(direction: Vector): Vector
  /** The colour of the sky at the horizon, to which distant ground fades. */
  haze: Vector
  lights: Light[]
  /** The ambient light from the sky above, and from the ground below. */
  ambient: { above: Vector; below: Vector }
  /** Colours from which a body's colour should differ. */
  prevailing: Vector[]
}

export interface Light {
  /** The unit vector towards the light. */
  direction: Vector
  /** Unit vectors towards four parts of the light, for soft shadows. */
  parts: Vector[]
  colour: Vector
}

const WALL_CHANCE = 0.35

export function randomSurroundings(random: Random): Surroundings {
  const floor = mutedPair(random)
  const wall = random.chance(WALL_CHANCE) ? mutedPair(random) : undefined
  const zenith = hsv(random.between(0, 1), random.between(0, 0.5), random.between(0.45, 0.95))
  const haze = mix(zenith, hsv(random.between(0, 1), random.between(0, 0.4), random.between(0.7, 1)), 0.7)
  const texture = planeTexture(random, floor)
  const wallTexture = wall && planeTexture(random, wall)
  return {
    ground: ([x, y, z]) => texture([x * 0.4, y, z * 0.4]),
    wall: wallTexture && {
      z: random.between(8, 10),
      texture: ([x, y]) => wallTexture([x * 0.3, y * 0.3, 0.2]),
    },
    sky: skyBetween(random, haze, zenith),
    haze,
    lights: randomLights(random),
    ambient: {
      above: scale(mix(zenith, [1, 1, 1], 0.6), random.between(0.32, 0.5)),
      below: scale(mix(floor[0], [0.5, 0.5, 0.5], 0.4), 0.35),
    },
    prevailing: [...floor, ...(wall ?? [haze])],
  }
}

/** Two similar shades of one muted hue. */
function mutedPair(random: Random): [Vector, Vector] {
  const hue = random.between(0, 1)
  const saturation = random.between(0, 0.4)
  const value = random.between(0.4, 0.85)
  const step = random.between(0.1, 0.25) * (value > 0.6 ? -1 : 1)
  return [hsv(hue, saturation, value), hsv(hue, saturation * random.between(0.5, 1.5), value + step)]
}

/** A gradient from the haze at the horizon to the zenith, half the time with clouds. */
function skyBetween(random: Random, haze: Vector, zenith: Vector): (direction: Vector) => Vector {
  const seed = random.integer(0, 1e9)
  const cloudiness = random.chance(0.5) ? random.between(0.4, 0.9) : 0
  return ([x, y, z]) => {
    const height = Math.max(0, y)
    const clear = mix(haze, zenith, Math.min(1, height * 2.5))
    if (cloudiness === 0) return clear
    const [u, v] = [x / (height + 0.15), z / (height + 0.15)]
    const cloud = ease(Math.max(0, Math.min(1, 3 * turbulence([u, 0, v], seed) - 1.2)))
    return mix(clear, [1, 1, 1], cloud * cloudiness * Math.min(1, height * 5))
  }
}

/** A sun, from the camera's side or from across, and half the time a weaker light from elsewhere. */
function randomLights(random: Random): Light[] {
  const warmth = hsv(random.between(0.05, 0.17), random.between(0, 0.25), 1)
  const sun = randomLight(random, scale(warmth, random.between(1, 1.35)))
  if (random.chance(0.5)) return [sun]
  return [sun, randomLight(random, scale([0.8, 0.9, 1], random.between(0.25, 0.5)))]
}

function randomLight(random: Random, colour: Vector): Light {
  const [cosine, sine] = random.onCircle()
  const direction = normalise([cosine, random.between(0.6, 1.6), sine > 0.4 ? -sine : sine])
  const width = random.between(0.01, 0.035)
  const corners: Vector[] = [
    [width, 0, 0],
    [0, 0, width],
    [-width, 0, 0],
    [0, 0, -width],
  ]
  return { direction, parts: corners.map(corner => normalise(add(direction, corner))), colour }
}
