import { type Array4, zeros } from './array4.ts'

/**
 * exp(x) / Σ exp(x) over the channels of each pixel. The pixel's maximum is subtracted first, which changes nothing but
 * that exp cannot overflow. A pixel that holds a NaN or +∞ is all NaN, as in PyTorch.
 */
export function softmax(input: Array4): Array4 {
  const channels = input.shape[3]
  const output = zeros(input.shape)
  for (let first = 0; first < input.data.length; first += channels) {
    const max = largestOf(input.data, { first, count: channels })
    let sum = 0
    for (let c = first; c < first + channels; c++) {
      output.data[c] = Math.exp(input.data[c] - max)
      sum += output.data[c]
    }
    for (let c = first; c < first + channels; c++) output.data[c] /= sum
  }
  return output
}

/** The largest of `count` values; NaN if there is one among them. */
export function largestOf(values: Float64Array, { first, count }: { first: number; count: number }): number {
  let largest = Number.NEGATIVE_INFINITY
  for (let i = first; i < first + count; i++) largest = Math.max(largest, values[i])
  return largest
}
