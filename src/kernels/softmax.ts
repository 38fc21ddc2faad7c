import type { Kernel } from '../gpu/kernel.ts'
import { activationBytes, type Shape, vectors } from './layout.ts'

/** Over the channels of each pixel; the output has the input's shape, [n, h, w, c]. */
export function softmax({ label, shape }: { label: string; shape: Shape }): Kernel {
  const [n, h, w, channels] = shape
  const bytes = activationBytes(shape)
  return {
    label,
    shader: 'softmax',
    params: { pixels: n * h * w, vectors: vectors(channels), channels },
    inputs: { input: bytes },
    outputs: { output: bytes },
    workgroups: Math.ceil((n * h * w) / 64),
  }
}
