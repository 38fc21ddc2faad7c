import { type Activation, activate } from './activation.ts'
import type { Array4 } from './array4.ts'

export interface Add {
  a: Array4
  /** of the same shape */
  b: Array4
  activation?: Activation
}

/** act(a + b), element by element. */
export function add({ a, b, activation }: Add): Array4 {
  return { shape: a.shape, data: a.data.map((x, index) => activate(x + b.data[index], activation)) }
}
