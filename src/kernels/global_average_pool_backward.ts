import type { Kernel } from '../gpu/kernel.ts'
import { activationBytes, type Shape, VECTOR_BYTES, vectors } from './layout.ts'

/** The gradient of `globalAveragePool`, with its options: output_gradient [n, 1, 1, c] → input_gradient [n, h, w, c]. */
export function globalAveragePoolBackward({ label, input }: { label: string; input: Shape }): Kernel {
  const [n, h, w, channels] = input
  const bytes = activationBytes(input)
  const count = bytes / VECTOR_BYTES
  return {
    label,
    shader: 'global_average_pool_backward',
    params: { pixels: h * w, vectors: vectors(channels), count },
    inputs: { output_gradient: activationBytes([n, 1, 1, channels]) },
    outputs: { input_gradient: bytes },
    workgroups: Math.ceil(count / 64),
  }
}
