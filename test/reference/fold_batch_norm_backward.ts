import type { Weight } from './array4.ts'
import type { FoldBatchNorm } from './fold_batch_norm.ts'

/** A fold without a bias, and the gradients of what it made. */
export interface FoldBatchNormBackward extends Omit<FoldBatchNorm, 'bias'> {
  /** of the folded weight, [o, i, kh, kw] */
  foldedGradient: Weight
  /** of the folded bias, [o]: β's own */
  betaGradient: Float64Array
}

/** The chain rule through `foldBatchNorm`: ∂w'/∂w = γ/√(σ² + ε), ∂w'/∂γ = w/√(σ² + ε), ∂b'/∂γ = −μ/√(σ² + ε). */
export function foldBatchNormBackward(given: FoldBatchNormBackward) {
  const { weight, foldedGradient, betaGradient, gamma, mean, variance, epsilon } = given
  const fanIn = weight.data.length / gamma.length
  const deviation = variance.map(value => Math.sqrt(value + epsilon))
  const weightGradient = foldedGradient.data.map((g, index) => {
    const o = Math.floor(index / fanIn)
    return (g * gamma[o]) / deviation[o]
  })
  const gammaGradient = betaGradient.map((b, o) => {
    let sum = -mean[o] * b
    for (let i = o * fanIn; i < (o + 1) * fanIn; i++) sum += weight.data[i] * foldedGradient.data[i]
    return sum / deviation[o]
  })
  return { weightGradient, gammaGradient }
}
