import type { Kernel } from '../gpu/kernel.ts'
import { type Window, windowedSize } from './geometry.ts'
import { activationBytes, type Shape, VECTOR_BYTES, vectors } from './layout.ts'

export interface DepthwiseConv2dBackwardInputOptions extends Window {
  label: string
  /** [n, h, w, c] of the convolution's input, and of its gradient. */
  input: Shape
}

const TILE_PIXELS = 4

/** `input_gradient` of a depthwise convolution from `output_gradient`: [n, h', w', c] → [n, h, w, c]. `weight` as `depthwiseConv2d` reads it. */
export function depthwiseConv2dBackwardInput(options: DepthwiseConv2dBackwardInputOptions): Kernel {
  const { label, input, kernel, stride, dilation, padding } = options
  const [n, inH, inW, channels] = input
  const out = windowedSize({ h: inH, w: inW }, options)
  const phase = { h: Math.ceil(inH / stride), w: Math.ceil(inW / stride) }
  const phasePixels = n * phase.h * phase.w
  const phaseGroups = Math.ceil((Math.ceil(phasePixels / TILE_PIXELS) * vectors(channels)) / 64)
  const taps = kernel[0] * kernel[1]
  return {
    label,
    shader: 'depthwise_conv2d_backward_input',
    consts: { TILE_PIXELS },
    params: {
      in_h: inH,
      in_w: inW,
      out_h: out.h,
      out_w: out.w,
      vectors: vectors(channels),
      phase_h: phase.h,
      phase_w: phase.w,
      phase_pixels: phasePixels,
      phase_groups: phaseGroups,
      k_h: kernel[0],
      k_w: kernel[1],
      stride,
      dilation,
      pad_top: padding.top,
      pad_left: padding.left,
    },
    inputs: {
      output_gradient: activationBytes([n, out.h, out.w, channels]),
      weight: taps * vectors(channels) * VECTOR_BYTES,
    },
    outputs: { input_gradient: activationBytes(input) },
    workgroups: phaseGroups * stride * stride,
    macs: n * out.h * out.w * channels * taps,
  }
}
