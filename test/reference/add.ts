import { type Activation, activate } from './activation.ts'
import type { Array4 } from './array4.ts'

/** act(a + b), element by element; both of one shape. */
export function add(a: Array4, b: Array4, activation?: Activation): Array4 {
  return { shape: a.shape, data: a.data.map((x, index) => activate(x + b.data[index], activation)) }
}
