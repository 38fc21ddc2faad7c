// f16 in memory, f32 in registers: a kernel whose buffers take half the bytes, and that computes with the same arithmetic.

import type { Kernel } from './kernel.ts'
import { parseInterface } from './wgsl.ts'

/**
 * The buffers that a shader declares as `Stored`: activations and packed weights, but not partial sums and other
 * scratch.
 */
export function storedBuffers(kernel: Pick<Kernel, 'shader'>): Set<string> {
  const { buffers } = parseInterface(kernel.shader.wgsl)
  return new Set(buffers.filter(({ stored }) => stored).map(({ name }) => name))
}

/**
 * The same kernel with f16 in its `storedBuffers`. It converts to f32 when it loads, computes and accumulates in f32,
 * and rounds when it stores; values beyond ±65504 become infinite. For adapters with `shader-f16`.
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
