import type { Kernel } from '../../gpu/kernel.ts'
import { workgroupsFor } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { activationBytes, type Shape, vectors } from '../layout.ts'

/** Softmax over the channels of each pixel. The output has the input's shape, [n, h, w, c]. */
export function softmax({ label, shape }: { label: string; shape: Shape }): Kernel {
  const [n, h, w, channels] = shape
  const bytes = activationBytes(shape)
  return {
    label,
    shader: shaders.softmax,
    params: { pixels: n * h * w, vectors: vectors(channels), channels },
    inputs: { input: bytes },
    outputs: { output: bytes },
    workgroups: workgroupsFor(shaders.softmax, n * h * w),
  }
}
