import type { Kernel } from '../../gpu/kernel.ts'
import { workgroupsFor } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { type Window, windowedSize } from '../geometry.ts'
import { activationBytes, type Shape, VECTOR_BYTES, vectors } from '../layout.ts'
import { rowStrips, sharedTaps } from '../row_strips.ts'

export interface DepthwiseConv2dBackwardInputOptions extends Window {
  label: string
  /** Shape [n, h, w, c] of the convolution's input and of its gradient. */
  input: Shape
  /** Rows of taps whose weights an invocation keeps in registers, at most; default: all. */
  heldRows?: number
}

/**
 * The gradient of a depthwise convolution by its input: [n, h', w', c] → [n, h, w, c]. `weight` is packed as for
 * `depthwiseConv2d`.
 */
export function depthwiseConv2dBackwardInput(options: DepthwiseConv2dBackwardInputOptions): Kernel {
  const { label, input, kernel, stride, dilation, padding } = options
  const [n, inH, inW, channels] = input
  const out = windowedSize({ h: inH, w: inW }, options)
  const phase = { h: Math.ceil(inH / stride), w: Math.ceil(inW / stride) }
  const [K_H, K_W] = kernel
  const { step, tapStep: TAP_STEP } = sharedTaps(options)
  const tapRows = Math.ceil(K_H / TAP_STEP)
  const { heldRows = tapRows } = options
  const rowInvocations = stride ** 2 * n * phase.w * vectors(channels)
  const { strips, stripRows } = rowStrips({ rows: phase.h, step, invocations: rowInvocations })
  const count = strips * rowInvocations
  return {
    label,
    shader: shaders.depthwise_conv2d_backward_input,
    constants: { STRIDE: stride, TAP_STEP, K_H, K_W, HELD_ROWS: Math.min(heldRows, tapRows) },
    params: {
      batch: n,
      in_h: inH,
      in_w: inW,
      out_h: out.h,
      out_w: out.w,
      vectors: vectors(channels),
      count,
      phase_w: phase.w,
      strips,
      strip_rows: stripRows,
      step,
      dilation,
      pad_top: padding.top,
      pad_left: padding.left,
    },
    inputs: {
      output_gradient: activationBytes([n, out.h, out.w, channels]),
      weight: K_H * K_W * vectors(channels) * VECTOR_BYTES,
    },
    outputs: { input_gradient: activationBytes(input) },
    workgroups: workgroupsFor(shaders.depthwise_conv2d_backward_input, count),
    macs: n * out.h * out.w * channels * K_H * K_W,
  }
}
