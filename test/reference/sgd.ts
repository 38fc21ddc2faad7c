export interface Sgd {
  /** [count], as the two that follow */
  parameters: Float64Array
  gradients: Float64Array
  /** zeros before the first step */
  velocities: Float64Array
  learningRate: number
  /** of the learning rate */
  multiplier: number
  momentum: number
  weightDecay: number
}

/** One step of PyTorch's SGD: v = momentum · v + (g + weightDecay · p), then p − learningRate · v. */
export function sgd(step: Sgd): { parameters: Float64Array; velocities: Float64Array } {
  const { parameters, gradients, learningRate, multiplier, momentum, weightDecay } = step
  const velocities = step.velocities.map((v, i) => momentum * v + gradients[i] + weightDecay * parameters[i])
  return { parameters: parameters.map((p, i) => p - learningRate * multiplier * velocities[i]), velocities }
}
