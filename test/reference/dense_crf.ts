// The mean field of a fully connected CRF in float64, over all pairs of pixels, with either filter as a plain function.

import type { CrfParameters } from '../../src/crf/crf_parameters.ts'
import { type Array4, sizeOf, zeros } from './array4.ts'

/** K · values, before normalisation: [h, w, c] → [h, w, c]. */
export type PlainFilter = (values: Array4) => Array4

/** Colours as whole numbers, [1, h, w, 3]. */
export type Colours = Array4

/** Σ over j of exp(−d(i, j)) · values(j), where `distance` is half the square of a distance in standard deviations. */
export function allPairs(
  { shape: [, height, width] }: Colours,
  distance: (i: number, j: number) => number,
): PlainFilter {
  const pixels = height * width
  const affinities = new Float64Array(pixels * pixels)
  for (let i = 0; i < pixels; i++)
    for (let j = 0; j < pixels; j++) affinities[i * pixels + j] = Math.exp(-distance(i, j))
  return values => {
    const channels = values.shape[3]
    const output = zeros(values.shape)
    for (let i = 0; i < pixels; i++)
      for (let j = 0; j < pixels; j++) {
        const affinity = affinities[i * pixels + j]
        for (let c = 0; c < channels; c++)
          output.data[i * channels + c] += affinity * values.data[j * channels + c]
      }
    return output
  }
}

export function spatialPairs(image: Colours, deviation: number): PlainFilter {
  const width = image.shape[2]
  return allPairs(image, (i, j) => {
    const [x, y] = [(i % width) - (j % width), Math.floor(i / width) - Math.floor(j / width)]
    return (x * x + y * y) / (2 * deviation ** 2)
  })
}

export function bilateralPairs(image: Colours, { xy, rgb }: { xy: number; rgb: number }): PlainFilter {
  const width = image.shape[2]
  return allPairs(image, (i, j) => {
    const [x, y] = [(i % width) - (j % width), Math.floor(i / width) - Math.floor(j / width)]
    let colours = 0
    for (let c = 0; c < 3; c++) colours += (image.data[i * 3 + c] - image.data[j * 3 + c]) ** 2
    return (x * x + y * y) / (2 * xy ** 2) + colours / (2 * rgb ** 2)
  })
}

/** D^-1/2 K D^-1/2 with D = K · 1. */
export function normalised(filter: PlainFilter, [n, h, w]: readonly number[]): PlainFilter {
  const ones = zeros([n, h, w, 1])
  ones.data.fill(1)
  const norms = filter(ones).data.map(sum => 1 / Math.sqrt(sum))
  const scaled = (values: Array4): Array4 => ({
    shape: values.shape,
    data: values.data.map((value, i) => value * norms[Math.floor(i / values.shape[3])]),
  })
  return values => scaled(filter(scaled(values)))
}

/** softmax(log max(p, 1e-5) + message). */
export function updated(probabilities: Array4, message: Array4): Array4 {
  const channels = probabilities.shape[3]
  const output = zeros(probabilities.shape)
  for (let first = 0; first < sizeOf(probabilities.shape); first += channels) {
    const scores = Array.from(
      { length: channels },
      (_, c) => Math.log(Math.max(probabilities.data[first + c], 1e-5)) + message.data[first + c],
    )
    const highest = Math.max(...scores)
    const sum = scores.reduce((total, score) => total + Math.exp(score - highest), 0)
    for (let c = 0; c < channels; c++) output.data[first + c] = Math.exp(scores[c] - highest) / sum
  }
  return output
}

/** The marginals. `filters` are normalised here. */
export function meanField(
  probabilities: Array4,
  filters: { spatial: PlainFilter; bilateral: PlainFilter },
  { posW, biW, iterations }: Required<Pick<CrfParameters, 'posW' | 'biW' | 'iterations'>>,
): Array4 {
  const { shape } = probabilities
  const spatial = normalised(filters.spatial, shape)
  const bilateral = normalised(filters.bilateral, shape)
  let marginals = updated(probabilities, zeros(shape))
  for (let i = 0; i < iterations; i++) {
    const [near, alike] = [spatial(marginals), bilateral(marginals)]
    const data = near.data.map((value, at) => posW * value + biW * alike.data[at])
    marginals = updated(probabilities, { shape, data })
  }
  return marginals
}

/** A normalised Gaussian along the axis in the middle, over all pairs: [outer, length, inner]. */
export function gaussianAlong(
  values: Float64Array,
  { shape, deviation, scale }: { shape: readonly number[]; deviation: number; scale: number },
): Float64Array {
  const [outer, length, inner] = shape
  const positions = [...Array(length).keys()]
  const affinity = (i: number, j: number) => Math.exp(-0.5 * ((i - j) / deviation) ** 2)
  const norms = positions.map(i => 1 / Math.sqrt(positions.reduce((sum, j) => sum + affinity(i, j), 0)))
  const weights = positions.map(i => positions.map(j => scale * norms[i] * norms[j] * affinity(i, j)))
  const output = new Float64Array(values.length)
  for (let line = 0; line < outer; line++)
    for (const i of positions)
      for (const j of positions) {
        const [to, from] = [(line * length + i) * inner, (line * length + j) * inner]
        if (weights[i][j] > 1e-20)
          for (let c = 0; c < inner; c++) output[to + c] += weights[i][j] * values[from + c]
      }
  return output
}
