import type { Kernel } from '../gpu/kernel.ts'
import { activationBytes, type Shape, vectors } from './layout.ts'

/** Of a workgroup; the shader has the same number. */
const VECTORS = 8

/** [n, h, w, c] → [n, 1, 1, c], the mean over the map. */
export function globalAveragePool({ label, input }: { label: string; input: Shape }): Kernel {
  const [n, h, w, channels] = input
  const groups = Math.ceil(vectors(channels) / VECTORS)
  return {
    label,
    shader: 'global_average_pool',
    params: { pixels: h * w, vectors: vectors(channels), groups },
    inputs: { input: activationBytes(input) },
    outputs: { output: activationBytes([n, 1, 1, channels]) },
    workgroups: n * groups,
  }
}
