import type { Array4 } from './array4.ts'

export interface Maximum {
  a: Array4
  b: Array4
}

/** The larger value; NaN where either is NaN. */
export const maximum = ({ a, b }: Maximum): Array4 => ({
  shape: a.shape,
  data: a.data.map((value, i) => Math.max(value, b.data[i])),
})

/** The gradient by `a`; half where both are equal. */
export const maximumBackward = ({ a, b, outputGradient }: Maximum & { outputGradient: Array4 }): Array4 => ({
  shape: a.shape,
  data: outputGradient.data.map((gradient, i) => {
    if (a.data[i] === b.data[i]) return gradient / 2
    return a.data[i] > b.data[i] ? gradient : 0
  }),
})
