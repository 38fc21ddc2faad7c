import { type Array4, zeros } from './array4.ts'

/**
 * exp(x) / Σ exp(x) over the channels of each pixel. The pixel's maximum is subtracted first, which changes nothing but
 * that exp cannot overflow. A pixel that holds a NaN or +∞ is all NaN, as in PyTorch.
 */
export function softmax(input: Array4): Array4 {
  const channels = input.shape[3]
  const output = zeros(input.shape)
  for (let pixel = 0; pixel < input.data.length; pixel += channels) {
    const logits = input.data.subarray(pixel, pixel + channels)
    const max = Math.max(...logits)
    const exponentials = logits.map(x => Math.exp(x - max))
    const sum = exponentials.reduce((total, e) => total + e)
    for (let c = 0; c < channels; c++) output.data[pixel + c] = exponentials[c] / sum
  }
  return output
}
