import { type Shape, vectors } from './layout.ts'

/**
 * What kernels share that treat all pixels of a channel alike: the same invocation takes about this many of them, so that
 * what belongs to the channel is loaded once.
 */
const PIXELS = 16

/** Parameters and grid of such a kernel. */
export function alongChannels([n, h, w, channels]: Shape) {
  const pixels = n * h * w
  const stride = Math.ceil(pixels / PIXELS)
  return {
    params: { pixels, vectors: vectors(channels), channels, stride },
    workgroups: Math.ceil((stride * vectors(channels)) / 64),
  }
}
