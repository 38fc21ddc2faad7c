import type { Kernel } from '../gpu/kernel.ts'
import { type Window, windowedSize } from './geometry.ts'
import { activationBytes, type Shape, vectors } from './layout.ts'

export interface MaxPoolOptions extends Omit<Window, 'dilation'> {
  label: string
  /** [n, h, w, c] */
  input: Shape
}

/** [n, h, w, c] → [n, h', w', c]; padding counts as −∞ and NaN wins, as in PyTorch. */
export function maxPool(options: MaxPoolOptions): Kernel {
  const { label, input, kernel, stride, padding } = options
  const [n, inH, inW, channels] = input
  const out = windowedSize({ h: inH, w: inW }, { ...options, dilation: 1 })
  const count = n * out.h * out.w * vectors(channels)
  return {
    label,
    shader: 'max_pool',
    params: {
      in_h: inH,
      in_w: inW,
      out_h: out.h,
      out_w: out.w,
      vectors: vectors(channels),
      count,
      k_h: kernel[0],
      k_w: kernel[1],
      stride,
      pad_top: padding.top,
      pad_left: padding.left,
      lowest: -Infinity,
    },
    inputs: { input: activationBytes(input) },
    outputs: { output: activationBytes([n, out.h, out.w, channels]) },
    workgroups: Math.ceil(count / 64),
  }
}
