// A Gaussian blur, as torchvision's gaussian_blur: separable, and reflected at the edges.

import type { Colours } from './colour_jitter.ts'

/** The kernel has this many standard deviations on each side. torchvision leaves the size to the caller. */
const REACH = 3

/** Blurs with a standard deviation in pixels. */
export function blur({ values, width, height }: Colours, sigma: number): void {
  const shares = gaussian(sigma)
  const radius = shares.length - 1
  const pitch = width * 3
  const across = reflected(width, radius)
  const padded = new Float32Array(across.length * 3)
  const sums = new Float64Array(pitch)
  for (let row = 0; row < height; row++) {
    for (let i = 0; i < across.length; i++)
      for (let channel = 0; channel < 3; channel++)
        padded[i * 3 + channel] = values[row * pitch + across[i] * 3 + channel]
    sums.fill(0)
    const source = (distance: number) => {
      const from = (radius + distance) * 3
      return padded.subarray(from, from + pitch)
    }
    addPairs(sums, shares, source)
    values.set(sums, row * pitch)
  }
  const down = reflected(height, radius)
  const sources = values.slice()
  for (let row = 0; row < height; row++) {
    sums.fill(0)
    const source = (distance: number) => {
      const from = down[row + radius + distance] * pitch
      return sources.subarray(from, from + pitch)
    }
    addPairs(sums, shares, source)
    values.set(sums, row * pitch)
  }
}

/** Adds the sources at every distance, two of one share at a time. */
function addPairs(
  sums: Float64Array,
  shares: Float64Array,
  source: (distance: number) => Float32Array,
): void {
  const centre = source(0)
  for (let i = 0; i < sums.length; i++) sums[i] += shares[0] * centre[i]
  for (let distance = 1; distance < shares.length; distance++) {
    const [share, before, after] = [shares[distance], source(-distance), source(distance)]
    for (let i = 0; i < sums.length; i++) sums[i] += share * (before[i] + after[i])
  }
}

/** The share of a pixel by its distance from the centre: 0 and up. */
function gaussian(sigma: number): Float64Array {
  const radius = Math.ceil(REACH * sigma)
  const weights = Float64Array.from({ length: radius + 1 }, (_, i) => Math.exp(-0.5 * (i / sigma) ** 2))
  const sum = weights.reduce((total, weight, i) => total + (i === 0 ? weight : 2 * weight), 0)
  return weights.map(weight => weight / sum)
}

/** The pixel at each position from −radius to length + radius − 1, mirrored at the centres of the first and the last pixel. */
function reflected(length: number, radius: number): Uint32Array {
  const period = Math.max(1, 2 * (length - 1))
  return Uint32Array.from({ length: length + 2 * radius }, (_, i) => {
    const position = (((i - radius) % period) + period) % period
    return Math.min(position, period - position) % Math.max(1, length)
  })
}
