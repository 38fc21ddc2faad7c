// Which inputs of a kernel are read through textures, on adapters with the quirk `textures`.

import type { Kernel } from '../../gpu/kernel.ts'
import { fitsTexture } from '../../gpu/quirks/texture_reads.ts'
import { VECTOR_BYTES } from '../../kernels/layout.ts'
import { subgroupKernels } from './device_kernels.ts'
import type { Device } from './target.ts'

/** How often a kernel has to load each vector of an input, so that the copy into a texture is worth its time: bench/NOTES.md. */
export const LEAST_LOADS = 4

/** Whether a device reads vectors faster from textures than from buffers. */
export const readsTextures = (device: Device): boolean =>
  device.quirks?.has('textures') === true && subgroupKernels(device) !== undefined

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
