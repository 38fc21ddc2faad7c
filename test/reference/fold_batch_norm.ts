import type { Weight } from './array4.ts'
import type { BatchNormStatistics } from './batch_norm.ts'

export interface FoldBatchNorm extends BatchNormStatistics {
  /** [o, i, kh, kw]; of a depthwise convolution [c, 1, kh, kw] */
  weight: Weight
  /** [o]; zeros if absent */
  bias?: Float64Array
}

/**
 * The convolution that does a convolution and the batch norm after it in one:
 * w' = w · γ / √(σ² + ε) and b' = β + (b − μ) · γ / √(σ² + ε), by output channel.
 */
export function foldBatchNorm(fold: FoldBatchNorm): { weight: Weight; bias: Float64Array } {
  const { weight, gamma, beta, mean, variance, epsilon } = fold
  const [, i, kh, kw] = weight.shape
  const factor = gamma.map((g, o) => g / Math.sqrt(variance[o] + epsilon))
  return {
    weight: {
      shape: weight.shape,
      data: weight.data.map((w, index) => w * factor[Math.floor(index / (i * kh * kw))]),
    },
    bias: factor.map((f, o) => beta[o] + ((fold.bias?.[o] ?? 0) - mean[o]) * f),
  }
}
