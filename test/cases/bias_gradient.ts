import { type Array4, randomArray4, type Shape4 } from '../reference/array4.ts'

export interface BiasGradientCase {
  name: string
  /** of the gradient of the output */
  shape: Shape4
  seed: number
  bench?: boolean
}

export const cases: BiasGradientCase[] = [
  { name: 'one value', shape: [1, 1, 1, 1], seed: 1 },
  { name: 'one pixel, 5 channels', shape: [1, 1, 1, 5], seed: 1 },
  { name: '255 pixels: too few to split', shape: [1, 15, 17, 3], seed: 1 },
  { name: '257 pixels: two splits, of which one has a pixel more', shape: [1, 1, 257, 24], seed: 1 },
  { name: '21 channels, batch 3', shape: [3, 17, 13, 21], seed: 1 },
  { name: 'classifier on 65×65, batch 2', shape: [2, 65, 65, 21], seed: 1, bench: true },
]

/** The gradient of a case's output, made from its seed, so small that its sum has the magnitude of 1. */
export function biasGradientOf({ shape, seed }: BiasGradientCase): Array4 {
  const [n, h, w] = shape
  return randomArray4(shape, seed, 1 / Math.sqrt(n * h * w))
}
