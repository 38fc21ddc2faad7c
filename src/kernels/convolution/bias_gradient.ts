import type { Kernel } from '../../gpu/kernel.ts'
import { workgroupsFor } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { activationBytes, type Shape, VECTOR_BYTES, vectors } from '../layout.ts'
import { splitPixels } from './split_pixels.ts'

export interface BiasGradientOptions {
  label: string
  /** Shape [n, h, w, c] of the gradient of the convolution's output. */
  shape: Shape
}

/**
 * The gradient of a convolution's bias: the sum of `output_gradient` over images and pixels. It writes `params.splits`
 * partial sums, which `conv2dReduceWeight` adds up like those of a depthwise weight [c, 1, 1, 1].
 */
export function biasGradient({ label, shape }: BiasGradientOptions): Kernel {
  const [n, h, w, channels] = shape
  const splits = splitPixels(n * h * w, vectors(channels))
  return {
    label,
    shader: shaders.bias_gradient,
    params: { pixels: n * h * w, vectors: vectors(channels), splits },
    inputs: { output_gradient: activationBytes(shape) },
    outputs: { partials: splits * vectors(channels) * VECTOR_BYTES },
    workgroups: workgroupsFor(shaders.bias_gradient, splits * vectors(channels)),
  }
}
