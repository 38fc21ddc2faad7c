import type { Kernel } from '../gpu/kernel.ts'
import { type Activation, activationRange } from './activation.ts'
import { elementwise } from './elementwise.ts'
import type { Shape } from './layout.ts'

export interface ActivationBackwardOptions {
  label: string
  /** [n, h, w, c] of the activation's output and both gradients. */
  shape: Shape
  activation: Exclude<Activation, 'none'>
}

/** The gradient of an activation's input from its `output` and `output_gradient`: 0 at the ends of its range, as in PyTorch. */
export function activationBackward({ label, shape, activation }: ActivationBackwardOptions): Kernel {
  const { bytes, params, workgroups } = elementwise(shape)
  return {
    label,
    shader: 'activation_backward',
    params: { ...params, ...activationRange(activation) },
    inputs: { output: bytes, output_gradient: bytes },
    outputs: { input_gradient: bytes },
    workgroups,
  }
}
