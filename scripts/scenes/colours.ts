// Colours as vectors of linear light, 0 to 1.

import type { Random } from './random.ts'
import { length, subtract, type Vector } from './vector.ts'

/** A colour in linear light by hue (0 to 1, red to red), saturation and value, as a screen shows them. */
export function hsv(hue: number, saturation: number, value: number): Vector {
  const channel = (offset: number) => {
    const position = (hue * 6 + offset) % 6
    const fade = Math.max(0, Math.min(1, Math.min(position, 4 - position)))
    return linear(value * (1 - saturation * fade))
  }
  return [channel(5), channel(3), channel(1)]
}

/** A screen's value, 0 to 1, as linear light, with a gamma of 2: close to sRGB, and exact. */
const linear = (value: number) => value * value

/** Linear light, 0 to 1, as a screen's byte: the inverse of `linear`. */
export const screenByte = (light: number): number =>
  Math.round(255 * Math.sqrt(Math.max(0, Math.min(1, light))))

/** A random paint for an object: mostly strong colours, sometimes a grey or a pastel. */
export function paint(random: Random): Vector {
  const hue = random.between(0, 1)
  if (random.chance(0.12)) return hsv(hue, random.between(0, 0.1), random.between(0.35, 0.95))
  return hsv(hue, random.between(0.35, 0.95), random.between(0.5, 0.98))
}

/** A paint that differs clearly from all the given colours. */
export function paintApartFrom(random: Random, others: readonly Vector[]): Vector {
  for (let distance = 0.5; ; distance *= 0.9) {
    const colour = paint(random)
    if (others.every(other => screenDistance(colour, other) > distance)) return colour
  }
}

function screenDistance(a: Vector, b: Vector): number {
  const screen = (light: Vector): Vector => [Math.sqrt(light[0]), Math.sqrt(light[1]), Math.sqrt(light[2])]
  return length(subtract(screen(a), screen(b)))
}
