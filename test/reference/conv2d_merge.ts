import { type Activation, activate } from './activation.ts'
import type { Array4 } from './array4.ts'

export interface Conv2dMerge {
  /** each of the output's shape */
  partials: Array4[]
  /** [c], or [n, c] for a bias per image */
  bias: Float64Array
  residual?: Array4
  activation?: Activation
}

/** act(Σ partials + bias + residual): [n, h, w, c] */
export function conv2dMerge({ partials, bias, residual, activation }: Conv2dMerge): Array4 {
  const { shape } = partials[0]
  const [, h, w, c] = shape
  const data = partials[0].data.map((_, index) => {
    const image = Math.floor(index / (h * w * c))
    const sum = partials.reduce((sum, { data }) => sum + data[index], 0)
    return activate(
      sum + bias[(image * c + (index % c)) % bias.length] + (residual?.data[index] ?? 0),
      activation,
    )
  })
  return { shape, data }
}
