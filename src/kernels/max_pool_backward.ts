import type { Kernel } from '../gpu/kernel.ts'
import { windowedSize } from './geometry.ts'
import { activationBytes, vectors } from './layout.ts'
import type { MaxPoolOptions } from './max_pool.ts'

/** The gradient of `maxPool`, with its options: input, output_gradient [n, h', w', c] → input_gradient [n, h, w, c]. */
export function maxPoolBackward(options: MaxPoolOptions): Kernel {
  const { label, input, kernel, stride, padding } = options
  const [n, inH, inW, channels] = input
  const out = windowedSize({ h: inH, w: inW }, { ...options, dilation: 1 })
  const bytes = activationBytes(input)
  const count = n * inH * inW * vectors(channels)
  return {
    label,
    shader: 'max_pool_backward',
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
    },
    inputs: { input: bytes, output_gradient: activationBytes([n, out.h, out.w, channels]) },
    outputs: { input_gradient: bytes },
    workgroups: Math.ceil(count / 64),
  }
}
