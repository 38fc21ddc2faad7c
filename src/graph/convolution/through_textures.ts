// Which inputs of a kernel a CPU adapter reads through textures.

import type { Kernel } from '../../gpu/kernel.ts'
import { fitsTexture } from '../../gpu/texture_reads.ts'
import { VECTOR_BYTES } from '../../kernels/layout.ts'
import type { Device } from './target.ts'

/** How often a kernel has to load each vector of an input, so that the copy into a texture is worth its time: bench/NOTES.md. */
export const LEAST_LOADS = 4

/**
 * Lanes of the subgroups for which reads through textures were measured to be faster, on Mesa's CPU adapter. With 16 lanes, Mesa 25.0
 * reads wrong values in the upper eight.
 */
const MEASURED_LANES = 8

/** Whether a device reads vectors faster from textures than from buffers. */
export const readsTextures = ({ isCpu = false, subgroupSize, textureReads = false }: Device): boolean =>
  isCpu && subgroupSize === MEASURED_LANES && textureReads

/**
 * The kernel, reading those inputs through textures that it loads often enough, and that fit. `loads` has the inputs by name, and how
 * often it loads each of their vectors. The results are the same.
 */
export function throughTextures(kernel: Kernel, device: Device, loads: Record<string, number>): Kernel {
  if (!readsTextures(device)) return kernel
  const textures = Object.entries(loads)
    .filter(([name, count]) => count >= LEAST_LOADS && fitsTexture(kernel.inputs[name] / VECTOR_BYTES))
    .map(([name]) => name)
  return textures.length > 0 ? { ...kernel, textures } : kernel
}
