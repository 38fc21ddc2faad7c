import type { Kernel } from '../gpu/kernel.ts'
import { constantOf } from '../gpu/shader_constants.ts'
import { activationBytes, type Shape, vectors } from './layout.ts'

/** Vectors that a workgroup computes. */
const VECTORS = constantOf('global_average_pool', 'WORKGROUP_VECTORS')

/** The mean over the map: [n, h, w, c] → [n, 1, 1, c]. */
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
