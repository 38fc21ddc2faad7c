import type { Shader } from '../gpu/kernel.ts'
import { workgroupsFor } from '../gpu/shader_constants.ts'
import { type Shape, vectors } from './layout.ts'

/**
 * Pixels that an invocation computes, about, in a kernel that does the same to all pixels of a channel. The invocation
 * loads the channel's values once for all of them.
 */
const PIXELS = 16

/** The parameters and the grid of such a kernel. */
export function alongChannels(shader: Shader, [n, h, w, channels]: Shape) {
  const pixels = n * h * w
  const stride = Math.ceil(pixels / PIXELS)
  return {
    params: { pixels, vectors: vectors(channels), channels, stride },
    workgroups: workgroupsFor(shader, stride * vectors(channels)),
  }
}
