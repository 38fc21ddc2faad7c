import type { Kernel } from '../../gpu/kernel.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import type { Shape } from '../layout.ts'
import { type Activation, activationRange } from './activation.ts'
import { elementwise } from './elementwise.ts'

export interface ActivationBackwardOptions {
  label: string
  /** Shape [n, h, w, c] of the activation's output and of both gradients. */
  shape: Shape
  activation: Exclude<Activation, 'none'>
}

/**
 * The gradient of an activation by its input, from its `output` and `output_gradient`. As in PyTorch, it is 0 at the
 * ends of the range.
 */
export function activationBackward({ label, shape, activation }: ActivationBackwardOptions): Kernel {
  const { bytes, params, workgroups } = elementwise(shaders.activation_backward, shape)
  return {
    label,
    shader: shaders.activation_backward,
    params: { ...params, ...activationRange(activation) },
    inputs: { output: bytes, output_gradient: bytes },
    outputs: { input_gradient: bytes },
    workgroups,
  }
}
