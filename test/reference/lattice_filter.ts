// The steps of a lattice's filter on lists, in float64.

import type { LatticeLists } from './lattice_lists.ts'

/** Σ weight · input of each vertex's corners: [pixels, channels] → [vertices + 1, channels]. The last vertex has none. */
export function splatted(
  { vertices, weights, heads }: Pick<LatticeLists, 'vertices' | 'weights' | 'heads'>,
  input: (pixel: number, channel: number) => number,
  channels: number,
): Float64Array {
  const values = new Float64Array((heads.length + 1) * channels)
  vertices.forEach((vertex, corner) => {
    for (let c = 0; c < channels; c++)
      values[vertex * channels + c] += weights[corner] * input(Math.floor(corner / 6), c)
  })
  return values
}

/** values + half the sum of both neighbours. The last vertex stays zero. */
export function blurred(values: Float64Array, neighbours: Uint32Array, channels: number): Float64Array {
  const output = new Float64Array(values.length)
  for (let vertex = 0; vertex < neighbours.length / 2; vertex++)
    for (let c = 0; c < channels; c++) {
      const [before, after] = [0, 1].map(side => values[neighbours[2 * vertex + side] * channels + c])
      output[vertex * channels + c] = values[vertex * channels + c] + 0.5 * (before + after)
    }
  return output
}

/** Σ weight · value of each pixel's corners: [vertices + 1, channels] → [pixels, channels]. */
export function sliced(
  { vertices, weights }: Pick<LatticeLists, 'vertices' | 'weights'>,
  values: Float64Array,
  channels: number,
): Float64Array {
  const output = new Float64Array((vertices.length / 6) * channels)
  vertices.forEach((vertex, corner) => {
    for (let c = 0; c < channels; c++)
      output[Math.floor(corner / 6) * channels + c] += weights[corner] * values[vertex * channels + c]
  })
  return output
}
