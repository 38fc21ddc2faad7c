export interface Adamw {
  /** [count], as the three that follow */
  parameters: Float64Array
  gradients: Float64Array
  /** zeros before the first step, as the squares are */
  velocities: Float64Array
  squares: Float64Array
  /** counted from 1 */
  step: number
  learningRate: number
  /** of the learning rate */
  multiplier: number
  momentum: number
  squareDecay: number
  epsilon: number
  weightDecay: number
}

/** One step of PyTorch's AdamW: p − r · weightDecay · p, then that − r · m̂ / (√v̂ + ε), with r = learningRate · multiplier. */
export function adamw(given: Adamw): Record<'parameters' | 'velocities' | 'squares', Float64Array> {
  const { gradients, step, momentum, squareDecay, epsilon, weightDecay } = given
  const rate = given.learningRate * given.multiplier
  const velocities = given.velocities.map((m, i) => momentum * m + (1 - momentum) * gradients[i])
  const squares = given.squares.map((v, i) => squareDecay * v + (1 - squareDecay) * gradients[i] ** 2)
  const parameters = given.parameters.map((p, i) => {
    const mean = velocities[i] / (1 - momentum ** step)
    const square = squares[i] / (1 - squareDecay ** step)
    return p * (1 - rate * weightDecay) - (rate * mean) / (Math.sqrt(square) + epsilon)
  })
  return { parameters, velocities, squares }
}
