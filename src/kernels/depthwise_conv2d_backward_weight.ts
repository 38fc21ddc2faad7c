import type { Kernel } from '../gpu/kernel.ts'
import { type Window, windowedSize } from './geometry.ts'
import { activationBytes, type Shape, VECTOR_BYTES, vectors } from './layout.ts'
import { splitPixels } from './split_pixels.ts'

export interface DepthwiseConv2dBackwardWeightOptions extends Window {
  label: string
  /** [n, h, w, c] of the convolution's input. */
  input: Shape
}

/**
 * The gradient of a depthwise convolution's weight from its `input` and `output_gradient`, as `partials` for
 * `conv2dReduceWeight` to add up: as many as `params.splits`.
 */
export function depthwiseConv2dBackwardWeight(options: DepthwiseConv2dBackwardWeightOptions): Kernel {
  const { label, input, kernel, stride, dilation, padding } = options
  const [n, inH, inW, channels] = input
  const out = windowedSize({ h: inH, w: inW }, options)
  const pixels = n * out.h * out.w
  const taps = kernel[0] * kernel[1]
  const sums = taps * vectors(channels)
  const splits = splitPixels(pixels, sums)
  return {
    label,
    shader: 'depthwise_conv2d_backward_weight',
    params: {
      batch: n,
      in_h: inH,
      in_w: inW,
      out_h: out.h,
      out_w: out.w,
      vectors: vectors(channels),
      splits,
      k_h: kernel[0],
      k_w: kernel[1],
      stride,
      dilation,
      pad_top: padding.top,
      pad_left: padding.left,
    },
    inputs: {
      input: activationBytes(input),
      output_gradient: activationBytes([n, out.h, out.w, channels]),
    },
    outputs: { partials: splits * sums * VECTOR_BYTES },
    workgroups: Math.ceil((splits * sums) / 64),
    macs: pixels * channels * taps,
  }
}
