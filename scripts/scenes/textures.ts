// Solid textures: the colour at a point in a body's own frame, as if it were carved from a patterned material. Lengths are
// relative to the body's size, so that a pattern suits small and large bodies.

import { cellValue, ease, noise, turbulence } from './noise.ts'
import type { Random } from './random.ts'
import { mix, type Vector } from './vector.ts'

export type Texture = (point: Vector) => Vector

type Pair = readonly [Vector, Vector]

/** A random texture of two colours. The first covers most of it. */
export function randomTexture(random: Random, colours: Pair): Texture {
  return random.pick(MAKERS)(random, colours)
}

/** A random texture for the ground or a wall: only those that look good on a plane of any size. */
export function planeTexture(random: Random, colours: Pair): Texture {
  return random.pick(PLANE_MAKERS)(random, colours)
}

const MAKERS = [plain, plain, mottled, checker, stripes, segments, marble, grain, spots]
const PLANE_MAKERS = [plain, mottled, checker, stripes, marble, spots]

/** One colour with slight variations. */
function plain(random: Random, [colour]: Pair): Texture {
  const seed = random.integer(0, 1e9)
  return ([x, y, z]) => mix(colour, [0, 0, 0], 0.12 * noise([x * 4, y * 4, z * 4], seed))
}

function mottled(random: Random, [first, second]: Pair): Texture {
  const seed = random.integer(0, 1e9)
  const scale = random.between(2, 5)
  return ([x, y, z]) => {
    const cloud = turbulence([x * scale, y * scale, z * scale], seed)
    return mix(first, second, ease(clamp(cloud * 3 - 1.1)))
  }
}

/** Alternating cubes, shifted by half a cube, so that no face of a centred box is on a boundary between layers. */
function checker(random: Random, [first, second]: Pair): Texture {
  const scale = random.between(1.6, 3.2)
  return ([x, y, z]) => {
    const cell = Math.floor(x * scale + 0.5) + Math.floor(y * scale + 0.5) + Math.floor(z * scale + 0.5)
    return cell % 2 === 0 ? first : second
  }
}

/** Layers along a random direction. */
function stripes(random: Random, [first, second]: Pair): Texture {
  const [u, v] = random.onCircle()
  const scale = random.between(1.2, 3)
  const share = random.between(0.35, 0.65)
  return ([x, y, z]) => (fraction((y * u + x * v + z * 0.3 * v) * scale + 0.25) < share ? first : second)
}

/** Slices around the axis, as on a beach ball. */
function segments(random: Random, [first, second]: Pair): Texture {
  const count = random.integer(1, 3)
  return ([x, , z]) => {
    // Increases with the angle, from −2 to 2, without an arctangent.
    const turn = (z < 0 ? -1 : 1) * (1 - x / (Math.abs(x) + Math.abs(z) + 1e-9))
    return Math.floor((turn + 2) * count) % 2 === 0 ? first : second
  }
}

/** Veins: waves, bent by noise. */
function marble(random: Random, [first, second]: Pair): Texture {
  const seed = random.integer(0, 1e9)
  const scale = random.between(1, 2)
  return ([x, y, z]) => {
    const bend = 3 * turbulence([x * 2, y * 2, z * 2], seed)
    const vein = wave((x + 0.6 * y + 0.4 * z) * scale + bend)
    return mix(first, second, vein * vein * vein)
  }
}

/** Wood grain: shells around an axis slightly off the body's own. */
function grain(random: Random, [first, second]: Pair): Texture {
  const seed = random.integer(0, 1e9)
  const scale = random.between(3, 6)
  return ([x, y, z]) => {
    const [u, v] = [x + 0.15 * y + 0.7, z - 0.1 * y + 0.4]
    const uneven = 0.35 * noise([x * 2, y * 0.7, z * 2], seed)
    return mix(first, second, 0.7 * wave((Math.sqrt(u * u + v * v) + uneven) * scale))
  }
}

/** Balls of the second colour, one in each cell of a grid, with random offsets and sizes. */
function spots(random: Random, [first, second]: Pair): Texture {
  const seed = random.integer(0, 1e9)
  const scale = random.between(1.8, 3)
  return ([x, y, z]) => {
    const [column, row, layer] = [Math.floor(x * scale), Math.floor(y * scale), Math.floor(z * scale)]
    const u = x * scale - column - 0.4 - 0.2 * cellValue(column, row, layer, seed)
    const v = y * scale - row - 0.4 - 0.2 * cellValue(column, row, layer, seed + 1)
    const w = z * scale - layer - 0.4 - 0.2 * cellValue(column, row, layer, seed + 2)
    const radius = 0.28 + 0.12 * cellValue(column, row, layer, seed + 3)
    return u * u + v * v + w * w < radius * radius ? second : first
  }
}

/** 0 at whole numbers, 1 halfway between, smooth. */
const wave = (x: number) => ease(1 - Math.abs(2 * fraction(x) - 1))

const fraction = (x: number) => x - Math.floor(x)

const clamp = (x: number) => Math.max(0, Math.min(1, x))
