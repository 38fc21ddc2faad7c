import type { Activation } from './activation.ts'
import type { Array4 } from './array4.ts'

export interface ActivationBackward {
  /** what the activation made */
  output: Array4
  /** of the same shape */
  outputGradient: Array4
  kind: Exclude<Activation, 'none'>
}

/** The gradient by the activation's input: 0 where it was clamped, both ends of the range included, as in PyTorch. */
export function activationBackward({ output, outputGradient, kind }: ActivationBackward): Array4 {
  const high = kind === 'relu6' ? 6 : Number.POSITIVE_INFINITY
  const data = outputGradient.data.map((dy, i) => (output.data[i] <= 0 || output.data[i] >= high ? 0 : dy))
  return { shape: output.shape, data }
}
