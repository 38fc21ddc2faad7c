import type { Kernel } from '../gpu/kernel.ts'
import { activationBytes, type Shape, VECTOR_BYTES, vectors } from './layout.ts'
import { splitPixels } from './split_pixels.ts'

export interface BiasGradientOptions {
  label: string
  /** [n, h, w, c] of the gradient of the convolution's output. */
  shape: Shape
}

/**
 * The gradient of a convolution's bias, the sum of `output_gradient` over images and pixels, as `partials` for
 * `conv2dReduceWeight` to add up (as those of a depthwise weight [c, 1, 1, 1]): as many as `params.splits`.
 */
export function biasGradient({ label, shape }: BiasGradientOptions): Kernel {
  const [n, h, w, channels] = shape
  const splits = splitPixels(n * h * w, vectors(channels))
  return {
    label,
    shader: 'bias_gradient',
    params: { pixels: n * h * w, vectors: vectors(channels), splits },
    inputs: { output_gradient: activationBytes(shape) },
    outputs: { partials: splits * vectors(channels) * VECTOR_BYTES },
    workgroups: Math.ceil((splits * vectors(channels)) / 64),
  }
}
