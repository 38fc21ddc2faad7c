import { type Array4, indexOf, placeOf, type Shape4, zeros } from './array4.ts'
import { outputSize, type Padding } from './window.ts'

export interface MaxPool {
  /** [n, h, w, c] */
  input: Array4
  kernel: readonly [kh: number, kw: number]
  stride: number
  padding: Padding
}

/** [n, out_h, out_w, c] */
export function maxPoolShape({ input, kernel, stride, padding }: MaxPool): Shape4 {
  const [n, h, w, c] = input.shape
  return [n, ...outputSize(h, w, { size: kernel, stride, dilation: 1, padding }), c]
}

/** The largest value in each window; padding is −∞, and a NaN in the window is the result (both as in PyTorch). */
export function maxPool(pool: MaxPool): Array4 {
  const output = zeros(maxPoolShape(pool))
  for (let index = 0; index < output.data.length; index++) {
    output.data[index] = maxPoolAt(pool, placeOf(output.shape, index))
  }
  return output
}

function maxPoolAt({ input, kernel, stride, padding }: MaxPool, [n, h, w, c]: Shape4): number {
  const [, inH, inW] = input.shape
  let max = Number.NEGATIVE_INFINITY
  for (let ky = 0; ky < kernel[0]; ky++) {
    const y = h * stride - padding.top + ky
    if (y < 0 || y >= inH) continue
    for (let kx = 0; kx < kernel[1]; kx++) {
      const x = w * stride - padding.left + kx
      if (x < 0 || x >= inW) continue
      max = Math.max(max, input.data[indexOf(input.shape, n, y, x, c)])
    }
  }
  return max
}
