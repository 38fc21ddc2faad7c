import type { Kernel } from '../../gpu/kernel.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import type { Shape } from '../layout.ts'
import { elementwise } from './elementwise.ts'

/** max(a, b), where `a`, `b` and the output have the same shape, [n, h, w, c]. NaN wins. */
export function maximum({ label, shape }: { label: string; shape: Shape }): Kernel {
  const { bytes, params, workgroups } = elementwise(shaders.maximum, shape)
  return {
    label,
    shader: shaders.maximum,
    params,
    inputs: { a: bytes, b: bytes },
    outputs: { output: bytes },
    workgroups,
  }
}

/** The gradient of `maximum` by `a`, from `a`, `b` and `output_gradient`. Where both are equal, it is half. */
export function maximumBackward({ label, shape }: { label: string; shape: Shape }): Kernel {
  const { bytes, params, workgroups } = elementwise(shaders.maximum_backward, shape)
  return {
    label,
    shader: shaders.maximum_backward,
    params,
    inputs: { a: bytes, b: bytes, output_gradient: bytes },
    outputs: { input_gradient: bytes },
    workgroups,
  }
}
