import type { Kernel } from '../../gpu/kernel.ts'
import { workgroupsFor } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { type Window, windowedSize } from '../geometry.ts'
import { activationBytes, type Shape, VECTOR_BYTES, vectors } from '../layout.ts'
import { rowStrips, sharedTaps } from '../row_strips.ts'
import { splitPixels } from './split_pixels.ts'

export interface DepthwiseConv2dBackwardWeightOptions extends Window {
  label: string
  /** Shape [n, h, w, c] of the convolution's input. */
  input: Shape
  /**
   * Rows of taps of an invocation, a divisor of the kernel's. With all of them, the default, it loads each input row once for all; with
   * one, more invocations with fewer registers load it.
   */
  laneRows?: number
}

/**
 * The gradient of a depthwise convolution by its weight, from its `input` and `output_gradient`. It writes
 * `params.splits` partial sums, which `conv2dReduceWeight` adds up.
 */
export function depthwiseConv2dBackwardWeight(options: DepthwiseConv2dBackwardWeightOptions): Kernel {
  const { label, input, kernel, stride, dilation, padding } = options
  const [n, inH, inW, channels] = input
  const out = windowedSize({ h: inH, w: inW }, options)
  const [K_H, K_W] = kernel
  const { laneRows = K_H } = options
  const sums = K_H * K_W * vectors(channels)
  const { step, tapStep: TAP_STEP } = sharedTaps(options)
  const { strips, stripRows } = rowStrips({ rows: out.h, step, invocations: n * out.w * vectors(channels) })
  const places = n * strips * out.w
  const share = Math.ceil(places / splitPixels(n * out.h * out.w, vectors(channels)))
  const splits = Math.ceil(places / share)
  return {
    label,
    shader: shaders.depthwise_conv2d_backward_weight,
    constants: { TAP_STEP, K_H, K_W, LANE_K_H: laneRows },
    params: {
      in_h: inH,
      in_w: inW,
      out_h: out.h,
      out_w: out.w,
      vectors: vectors(channels),
      splits,
      share,
      places,
      strips,
      strip_rows: stripRows,
      step,
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
    workgroups: workgroupsFor(
      shaders.depthwise_conv2d_backward_weight,
      splits * (K_H / laneRows) * vectors(channels),
    ),
    macs: n * out.h * out.w * channels * K_H * K_W,
  }
}
