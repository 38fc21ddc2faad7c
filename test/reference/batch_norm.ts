import { type Activation, activate } from './activation.ts'
import type { Array4 } from './array4.ts'

/** What batch norm knows of each channel; all [c]. */
export interface BatchNormStatistics {
  gamma: Float64Array
  beta: Float64Array
  mean: Float64Array
  variance: Float64Array
  epsilon: number
}

export interface BatchNorm extends BatchNormStatistics {
  /** [n, h, w, c] */
  input: Array4
  activation?: Activation
}

/** Batch norm with fixed statistics (PyTorch's in eval mode): y = act(γ · (x − μ) / √(σ² + ε) + β), channel by channel. */
export function batchNorm({ input, gamma, beta, mean, variance, epsilon, activation }: BatchNorm): Array4 {
  const channels = input.shape[3]
  const data = input.data.map((x, index) => {
    const c = index % channels
    return activate((gamma[c] * (x - mean[c])) / Math.sqrt(variance[c] + epsilon) + beta[c], activation)
  })
  return { shape: input.shape, data }
}
