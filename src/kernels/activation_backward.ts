import type { Kernel } from '../gpu/kernel.ts'
import { type Activation, activationRange } from './activation.ts'
import { activationBytes, type Shape, VECTOR_BYTES } from './layout.ts'

export interface ActivationBackwardOptions {
  label: string
  /** [n, h, w, c] of the activation's output and both gradients. */
  shape: Shape
  activation: Exclude<Activation, 'none'>
}

/** The gradient of an activation's input from its `output` and `output_gradient`: 0 at the ends of its range, as in PyTorch. */
export function activationBackward({ label, shape, activation }: ActivationBackwardOptions): Kernel {
  const bytes = activationBytes(shape)
  const count = bytes / VECTOR_BYTES
  return {
    label,
    shader: 'activation_backward',
    params: { count, ...activationRange(activation) },
    inputs: { output: bytes, output_gradient: bytes },
    outputs: { input_gradient: bytes },
    workgroups: Math.ceil(count / 64),
  }
}
