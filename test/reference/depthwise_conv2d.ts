import { activate } from './activation.ts'
import { type Array4, indexOf, placeOf, type Shape4, zeros } from './array4.ts'
import type { Conv2d } from './conv2d.ts'
import { outputSize } from './window.ts'

/** A convolution of each channel by itself (PyTorch's `groups` = channels): `weight` is [c, 1, kh, kw], `bias` [c]. */
export type DepthwiseConv2d = Omit<Conv2d, 'imageBias'>

/** [n, out_h, out_w, c] */
export function depthwiseConv2dShape({ input, weight, stride, dilation, padding }: DepthwiseConv2d): Shape4 {
  const [n, h, w, c] = input.shape
  const [, , kh, kw] = weight.shape
  return [n, ...outputSize(h, w, { size: [kh, kw], stride, dilation, padding }), c]
}

/**
 * One output:
 *
 *   y[n,h,w,c] = act(bias[c] + residual[n,h,w,c] + Σ_{ky,kx} weight[c,0,ky,kx] · x[n, h·s − top + ky·d, w·s − left + kx·d, c])
 *
 * A tap in the padding is left out, not multiplied by zero.
 */
export function depthwiseConv2dAt(conv: DepthwiseConv2d, [n, h, w, c]: Shape4): number {
  const { input, weight, stride, dilation, padding } = conv
  const [, inH, inW] = input.shape
  const [, , kh, kw] = weight.shape

  let sum = conv.bias?.[c] ?? 0
  for (let ky = 0; ky < kh; ky++) {
    const y = h * stride - padding.top + ky * dilation
    if (y < 0 || y >= inH) continue
    for (let kx = 0; kx < kw; kx++) {
      const x = w * stride - padding.left + kx * dilation
      if (x < 0 || x >= inW) continue
      sum += weight.data[(c * kh + ky) * kw + kx] * input.data[indexOf(input.shape, n, y, x, c)]
    }
  }
  if (conv.residual) sum += conv.residual.data[indexOf(conv.residual.shape, n, h, w, c)]
  return activate(sum, conv.activation)
}

/** The whole depthwise convolution: [n, h, w, c] → [n, out_h, out_w, c]. */
export function depthwiseConv2d(conv: DepthwiseConv2d): Array4 {
  const output = zeros(depthwiseConv2dShape(conv))
  for (let index = 0; index < output.data.length; index++) {
    output.data[index] = depthwiseConv2dAt(conv, placeOf(output.shape, index))
  }
  return output
}
