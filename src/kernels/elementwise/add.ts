import type { Kernel } from '../../gpu/kernel.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import type { Shape } from '../layout.ts'
import { type Activation, activationRange } from './activation.ts'
import { elementwise } from './elementwise.ts'

/** act(a + b), where `a`, `b` and the output have the same shape, [n, h, w, c]. */
export function add({
  label,
  shape,
  activation,
}: {
  label: string
  shape: Shape
  activation: Activation
}): Kernel {
  const { bytes, params, workgroups } = elementwise(shaders.add, shape)
  return {
    label,
    shader: shaders.add,
    params: { ...params, ...activationRange(activation) },
    inputs: { a: bytes, b: bytes },
    outputs: { output: bytes },
    workgroups,
  }
}
