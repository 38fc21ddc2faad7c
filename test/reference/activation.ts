import type { Array4 } from './array4.ts'

export type Activation = 'none' | 'relu' | 'relu6'

/** PyTorch's relu and relu6 of one value: NaN stays NaN, as `Math.max` and `Math.min` keep it. */
export function activate(x: number, activation: Activation = 'none'): number {
  if (activation === 'relu') return Math.max(0, x)
  if (activation === 'relu6') return Math.min(6, Math.max(0, x))
  return x
}

/** The activation of every element; `output` has the shape of `input`. */
export function activation(input: Array4, kind: Activation): Array4 {
  return { shape: input.shape, data: input.data.map(x => activate(x, kind)) }
}
