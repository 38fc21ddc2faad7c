import type { Activation } from './activation.ts'
import { activationBackward } from './activation_backward.ts'
import type { Array4 } from './array4.ts'
import { batchNorm } from './batch_norm.ts'
import type { Statistics } from './batch_norm_statistics.ts'

export interface BatchNormBackward extends Statistics {
  /** [n, h, w, c] */
  input: Array4
  /** of the input's shape */
  outputGradient: Array4
  /** [c] */
  gamma: Float64Array
  beta: Float64Array
  epsilon: number
  /** fused into the batch norm */
  activation?: Activation
}

/**
 * The gradients of y = act(γ · x̂ + β) with x̂ = (x − mean)/√(σ² + ε) by the input [n, h, w, c], on which mean and σ² depend, and by
 * γ and β [c].
 */
export function batchNormBackward(given: BatchNormBackward) {
  const { input, gamma, mean, variance, epsilon } = given
  const channels = input.shape[3]
  const pixels = input.data.length / channels
  const scale = variance.map(v => 1 / Math.sqrt(v + epsilon))
  const normal = input.data.map((x, i) => (x - mean[i % channels]) * scale[i % channels])

  const outputGradient = throughActivation(given)
  const gammaGradient = new Float64Array(channels)
  const betaGradient = new Float64Array(channels)
  outputGradient.data.forEach((dy, i) => {
    gammaGradient[i % channels] += dy * normal[i]
    betaGradient[i % channels] += dy
  })

  const data = outputGradient.data.map((dy, i) => {
    const c = i % channels
    const throughStatistics = (betaGradient[c] + normal[i] * gammaGradient[c]) / pixels
    return gamma[c] * scale[c] * (dy - throughStatistics)
  })
  return { inputGradient: { shape: input.shape, data }, gammaGradient, betaGradient }
}

/** The gradient of what the activation was given. */
export function throughActivation({
  outputGradient,
  activation: kind = 'none',
  ...norm
}: BatchNormBackward): Array4 {
  if (kind === 'none') return outputGradient
  return activationBackward({ output: batchNorm({ ...norm, activation: kind }), outputGradient, kind })
}
