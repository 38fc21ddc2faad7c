import type { Kernel } from '../../gpu/kernel.ts'
import { workgroupsFor } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { type Activation, activationRange } from '../elementwise/activation.ts'
import { paddingParams, type Window, windowedSize } from '../geometry.ts'
import { activationBytes, type Shape, VECTOR_BYTES, vectors } from '../layout.ts'
import { rowStrips, sharedTaps } from '../row_strips.ts'

export interface DepthwiseConv2dOptions extends Window {
  label: string
  /** [n, h, w, c] */
  input: Shape
  /** Whether to add `residual`, which has the output's shape, before the activation. */
  residual?: boolean
  activation: Activation
  /** Whether a hardware GPU computes it: see `rowStrips`. Default: a CPU adapter. */
  onGpu?: boolean
}

/**
 * act(conv(input, weight) + bias + residual), one filter a channel: [n, h, w, c] → [n, h', w', c]. `foldBatchNorm`
 * packs weight and bias.
 */
export function depthwiseConv2d(options: DepthwiseConv2dOptions): Kernel {
  const { label, input, kernel, stride, dilation, padding, residual = false, activation, onGpu } = options
  const [n, inH, inW, channels] = input
  const out = windowedSize({ h: inH, w: inW }, options)
  const rowInvocations = n * out.w * vectors(channels)
  const { step, tapStep: TAP_STEP } = sharedTaps(options)
  const { strips, stripRows } = rowStrips({ rows: out.h, step, invocations: rowInvocations, onGpu })
  const count = strips * rowInvocations
  const [K_H, K_W] = kernel
  const outputBytes = activationBytes([n, out.h, out.w, channels])
  return {
    label,
    shader: shaders.depthwise_conv2d,
    constants: { TAP_STEP, K_H, K_W },
    params: {
      in_h: inH,
      in_w: inW,
      out_h: out.h,
      out_w: out.w,
      vectors: vectors(channels),
      count,
      strips,
      strip_rows: stripRows,
      step,
      stride,
      dilation,
      ...paddingParams(padding),
      taps: kernel[0] * kernel[1],
      has_residual: Number(residual),
      ...activationRange(activation),
    },
    inputs: {
      input: activationBytes(input),
      weight: K_H * K_W * vectors(channels) * VECTOR_BYTES,
      bias: vectors(channels) * VECTOR_BYTES,
      residual: residual ? outputBytes : 0,
    },
    outputs: { output: outputBytes },
    workgroups: workgroupsFor(shaders.depthwise_conv2d, count),
    macs: n * out.h * out.w * channels * K_H * K_W,
  }
}
