import type { Kernel } from '../gpu/kernel.ts'
import { activationBytes, type Shape, vectors } from './layout.ts'

export interface BiasGradientOptions {
  label: string
  /** [n, h, w, c] of the gradient of the convolution's output. */
  shape: Shape
}

/** The gradient of a convolution's bias, `bias_gradient` [c]: the sum of `output_gradient` over images and pixels. */
export function biasGradient({ label, shape }: BiasGradientOptions): Kernel {
  const [n, h, w, channels] = shape
  return {
    label,
    shader: 'bias_gradient',
    params: { pixels: n * h * w, channels, vectors: vectors(channels) },
    inputs: { output_gradient: activationBytes(shape) },
    outputs: { bias_gradient: channels * 4 },
    workgroups: vectors(channels),
  }
}
