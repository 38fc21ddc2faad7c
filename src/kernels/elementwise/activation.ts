import type { Kernel } from '../../gpu/kernel.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import type { Shape } from '../layout.ts'
import { elementwise } from './elementwise.ts'

/** The identity, max(x, 0), or min(max(x, 0), 6). NaN stays NaN. */
export type Activation = 'none' | 'relu' | 'relu6'

/** The parameters of an activation in shaders: it clamps to low … high. */
export const activationRange = (activation: Activation): { low: number; high: number } => ({
  low: activation === 'none' ? -Infinity : 0,
  high: activation === 'relu6' ? 6 : Infinity,
})

/** act(input); the output has the input's shape, [n, h, w, c]. */
export function activation(options: { label: string; shape: Shape; activation: Activation }): Kernel {
  const { bytes, params, workgroups } = elementwise(shaders.activation, options.shape)
  return {
    label: options.label,
    shader: shaders.activation,
    params: { ...params, ...activationRange(options.activation) },
    inputs: { input: bytes },
    outputs: { output: bytes },
    workgroups,
  }
}
