import type { Kernel } from '../gpu/kernel.ts'
import { type Activation, activationRange } from './activation.ts'
import { activationBytes, type Shape, VECTOR_BYTES } from './layout.ts'

/** act(a + b); `a`, `b` and the output are all [n, h, w, c]. */
export function add({
  label,
  shape,
  activation,
}: {
  label: string
  shape: Shape
  activation: Activation
}): Kernel {
  const bytes = activationBytes(shape)
  const count = bytes / VECTOR_BYTES
  return {
    label,
    shader: 'add',
    params: { count, ...activationRange(activation) },
    inputs: { a: bytes, b: bytes },
    outputs: { output: bytes },
    workgroups: Math.ceil(count / 64),
  }
}
