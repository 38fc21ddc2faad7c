import type { Array4 } from './array4.ts'

/** The gradient of a convolution's bias, [c]: that of its output summed over images and pixels. */
export function biasGradient({ shape: [, , , c], data }: Array4): Float64Array {
  const sums = new Float64Array(c)
  for (let index = 0; index < data.length; index++) sums[index % c] += data[index]
  return sums
}
