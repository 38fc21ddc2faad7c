import type { Kernel } from '../gpu/kernel.ts'
import { type Activation, activationRange } from './activation.ts'
import { type Window, windowedSize } from './geometry.ts'
import { activationBytes, type Shape, VECTOR_BYTES, vectors } from './layout.ts'

export interface DepthwiseConv2dOptions extends Window {
  label: string
  /** [n, h, w, c] */
  input: Shape
  /** Whether `residual`, of the output's shape, is added before the activation. */
  residual?: boolean
  activation: Activation
}

const TILE_PIXELS = 4

/** act(conv(input, weight) + bias + residual), a filter a channel: [n, h, w, c] → [n, h', w', c]. Weight and bias as `foldBatchNorm` lays them. */
export function depthwiseConv2d(options: DepthwiseConv2dOptions): Kernel {
  const { label, input, kernel, stride, dilation, padding, residual = false, activation } = options
  const [n, inH, inW, channels] = input
  const out = windowedSize({ h: inH, w: inW }, options)
  const pixels = n * out.h * out.w
  const taps = kernel[0] * kernel[1]
  const outputBytes = activationBytes([n, out.h, out.w, channels])
  return {
    label,
    shader: 'depthwise_conv2d',
    consts: { TILE_PIXELS },
    params: {
      in_h: inH,
      in_w: inW,
      out_h: out.h,
      out_w: out.w,
      vectors: vectors(channels),
      pixels,
      k_h: kernel[0],
      k_w: kernel[1],
      stride,
      dilation,
      pad_top: padding.top,
      pad_left: padding.left,
      has_residual: Number(residual),
      ...activationRange(activation),
    },
    inputs: {
      input: activationBytes(input),
      weight: taps * vectors(channels) * VECTOR_BYTES,
      bias: vectors(channels) * VECTOR_BYTES,
      residual: residual ? outputBytes : 0,
    },
    outputs: { output: outputBytes },
    workgroups: Math.ceil((Math.ceil(pixels / TILE_PIXELS) * vectors(channels)) / 64),
    macs: pixels * channels * taps,
  }
}
