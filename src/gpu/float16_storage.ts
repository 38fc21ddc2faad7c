// f16 in memory, f32 in registers: kernels whose buffers hold half the bytes and that compute as before.

import type { Kernel } from './kernel.ts'
import { shaders } from './shaders.gen.ts'
import { parseInterface } from './wgsl.ts'

/** The buffers whose type a kernel's shader gives as `Stored`: activations and packed weights, no scratch, no sums over several kernels. */
export function storedBuffers({ shader }: Pick<Kernel, 'shader'>): Set<string> {
  const { buffers } = parseInterface(shaders[shader])
  return new Set(buffers.filter(({ stored }) => stored).map(({ name }) => name))
}

/**
 * The same kernel with f16 in those buffers: it widens what it loads, computes and accumulates in f32, and rounds what it stores,
 * beyond ±65504 to an infinity. For adapters with `shader-f16`.
 */
export function storedAsFloat16(kernel: Kernel): Kernel {
  const stored = storedBuffers(kernel)
  const halved = (sizes: Record<string, number>) =>
    Object.fromEntries(
      Object.entries(sizes).map(([name, size]) => [name, stored.has(name) ? size / 2 : size]),
    )
  return {
    ...kernel,
    stored: 'f16',
    inputs: halved(kernel.inputs),
    outputs: halved(kernel.outputs),
    traffic: kernel.traffic && halved(kernel.traffic),
  }
}
