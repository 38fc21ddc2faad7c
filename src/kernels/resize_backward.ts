import type { Kernel } from '../gpu/kernel.ts'
import { activationBytes, vectors } from './layout.ts'
import { type ResizeOptions, samplingParams } from './resize.ts'

/** The gradient of `resize`, with its options: output_gradient [n, height, width, c] → input_gradient [n, h, w, c]. */
export function resizeBackward({ label, input, height, width, alignCorners }: ResizeOptions): Kernel {
  const [n, inH, inW, channels] = input
  const count = n * inH * inW * vectors(channels)
  return {
    label,
    shader: 'resize_backward',
    params: {
      in_h: inH,
      in_w: inW,
      out_h: height,
      out_w: width,
      vectors: vectors(channels),
      count,
      ...samplingParams({ h: inH, w: inW }, { h: height, w: width }, alignCorners),
    },
    inputs: { output_gradient: activationBytes([n, height, width, channels]) },
    outputs: { input_gradient: activationBytes(input) },
    workgroups: count,
  }
}
