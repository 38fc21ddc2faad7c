import { randomArray4 } from '../reference/array4.ts'
import type { ResizeBackward } from '../reference/resize_backward.ts'
import { type ResizeCase, cases as resizeCases } from './resize.ts'

/** Those of `resize`: `input` is the shape of the gradient to find. */
export const cases: ResizeCase[] = resizeCases.filter(({ plant }) => !plant)

/** The operands of a case, made from its seed. */
export function resizeBackwardOf({ input, height, width, alignCorners, seed }: ResizeCase): ResizeBackward {
  const [n, h, w, channels] = input
  const outputGradient = randomArray4([n, height, width, channels], seed)
  return { outputGradient, height: h, width: w, alignCorners }
}
