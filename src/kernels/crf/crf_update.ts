import type { Kernel } from '../../gpu/kernel.ts'
import { workgroupsFor } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { activationBytes, type Shape, vectors } from '../layout.ts'

/** marginals = softmax(log max(p, 1e-5) + message) over the channels of each pixel. All have the shape [n, h, w, c]. */
export function crfUpdate({ label, shape }: { label: string; shape: Shape }): Kernel {
  const [n, h, w, channels] = shape
  const bytes = activationBytes(shape)
  return {
    label,
    shader: shaders.crf_update,
    params: { pixels: n * h * w, vectors: vectors(channels), channels },
    inputs: { probabilities: bytes, message: bytes },
    outputs: { marginals: bytes },
    workgroups: workgroupsFor(shaders.crf_update, n * h * w),
  }
}
