import { type Array4, indexOf, placeOf, type Shape4, zeros } from './array4.ts'
import type { MaxPool } from './max_pool.ts'

export interface MaxPoolBackward extends MaxPool {
  /** [n, out_h, out_w, c] */
  outputGradient: Array4
}

/** The gradient by the pool's input: each window's goes to its first maximum in scan order, or to its last NaN (both as PyTorch). */
export function maxPoolBackward(pool: MaxPoolBackward): Array4 {
  const inputGradient = zeros(pool.input.shape)
  pool.outputGradient.data.forEach((dy, index) => {
    inputGradient.data[winner(pool, placeOf(pool.outputGradient.shape, index))] += dy
  })
  return inputGradient
}

/** For each window the tap ky · kw + kx of its winner, [n, out_h, out_w, c]. */
export const maxPoolWinners = (pool: MaxPoolBackward): Uint8Array =>
  Uint8Array.from(pool.outputGradient.data, (_, index) => {
    const [n, h, w, c] = placeOf(pool.outputGradient.shape, index)
    const [, y, x] = placeOf(pool.input.shape, winner(pool, [n, h, w, c]))
    const { kernel, stride, padding } = pool
    return (y - h * stride + padding.top) * kernel[1] + x - w * stride + padding.left
  })

/** The flat index of the value that a window's result was taken from. */
function winner({ input, kernel, stride, padding }: MaxPool, [n, h, w, c]: Shape4): number {
  const [, inH, inW] = input.shape
  let best: number | undefined
  for (let ky = 0; ky < kernel[0]; ky++) {
    const y = h * stride - padding.top + ky
    if (y < 0 || y >= inH) continue
    for (let kx = 0; kx < kernel[1]; kx++) {
      const x = w * stride - padding.left + kx
      if (x < 0 || x >= inW) continue
      const at = indexOf(input.shape, n, y, x, c)
      const value = input.data[at]
      if (best === undefined || value > input.data[best] || Number.isNaN(value)) best = at
    }
  }
  return best!
}
