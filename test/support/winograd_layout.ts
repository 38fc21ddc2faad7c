// How Winograd's kernels lay out what the references make dense.

import { vectors } from '../../src/kernels/layout.ts'

interface Rows {
  points: number
  rows: number
  channels: number
}

/** [points, rows, channels] → [points, vectors, rows], a vector being four channels. */
export function byVector(dense: Float64Array, { points, rows, channels }: Rows): Float64Array {
  const width = vectors(channels)
  const laid = new Float64Array(points * width * rows * 4)
  for (let p = 0; p < points; p++)
    for (let row = 0; row < rows; row++)
      for (let c = 0; c < channels; c++)
        laid[((p * width + Math.floor(c / 4)) * rows + row) * 4 + (c % 4)] =
          dense[(p * rows + row) * channels + c]
  return laid
}

/** [points, rows, channels] → the same with the channels padded to whole vectors. */
export function byRow(dense: Float64Array, { points, rows, channels }: Rows): Float64Array {
  const padded = vectors(channels) * 4
  const laid = new Float64Array(points * rows * padded)
  for (let row = 0; row < points * rows; row++)
    laid.set(dense.subarray(row * channels, (row + 1) * channels), row * padded)
  return laid
}

/** [points, in, out] → the same with both padded to whole vectors. */
export function packedRows(
  dense: Float64Array,
  { points, inChannels, outChannels }: { points: number; inChannels: number; outChannels: number },
): Float32Array {
  const [inPadded, outPadded] = [vectors(inChannels) * 4, vectors(outChannels) * 4]
  const packed = new Float32Array(points * inPadded * outPadded)
  for (let row = 0; row < points * inChannels; row++) {
    const at = Math.floor(row / inChannels) * inPadded + (row % inChannels)
    packed.set(dense.subarray(row * outChannels, (row + 1) * outChannels), at * outPadded)
  }
  return packed
}
