// Input of benches. The values are the same every time, and they vary, because a driver may be quicker with zeros.

import type { Image } from '../data/image.ts'
import { normalSource } from '../model/initial_weights.ts'

/** So many values are drawn once and then repeated. Drawing the values of a large tensor takes longer than the timed kernel. */
const PERIOD = 65_521
const period = Float32Array.from({ length: PERIOD }, normalSource(1))

/** Standard normal values. */
export function noise(count: number): Float32Array {
  const values = new Float32Array(count)
  for (let at = 0; at < count; at += PERIOD) values.set(period.subarray(0, Math.min(PERIOD, count - at)), at)
  return values
}

/** A square photo of noise; with `channels`, an image of so many of its own. */
export function noisePhoto(size: number, channels?: number): Image {
  const data = new Uint8ClampedArray(size * size * 4)
  noise(data.length).forEach((value, i) => {
    data[i] = 128 + 50 * value
  })
  const photo = { ...squareSize(size), data: new Uint8Array(data.buffer) }
  return channels === undefined
    ? photo
    : { ...photo, samples: { channels, data: noise(size * size * channels) } }
}

/** The size of a square photo. */
export const squareSize = (size: number) => ({
  width: size,
  height: size,
  originalWidth: size,
  originalHeight: size,
})
