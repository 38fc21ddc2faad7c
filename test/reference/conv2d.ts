import { type Activation, activate } from './activation.ts'
import { type Array4, indexOf, placeOf, type Shape4, type Weight, zeros } from './array4.ts'
import { outputSize, type Padding } from './window.ts'

export interface Conv2d {
  /** [n, h, w, i] */
  input: Array4
  /** [o, i, kh, kw] */
  weight: Weight
  stride: number
  dilation: number
  padding: Padding
  /** [o] */
  bias?: Float64Array
  /** [n, o]: a bias per image, instead of `bias` */
  imageBias?: Float64Array
  /** the output's shape; added before the activation */
  residual?: Array4
  activation?: Activation
}

/** [n, out_h, out_w, o] */
export function conv2dShape({ input, weight, stride, dilation, padding }: Conv2d): Shape4 {
  const [o, , kh, kw] = weight.shape
  const [, h, w] = input.shape
  return [input.shape[0], ...outputSize(h, w, { size: [kh, kw], stride, dilation, padding }), o]
}

/**
 * One output of the convolution (a cross-correlation, as in PyTorch and TensorFlow):
 *
 *   y[n,h,w,o] = act(bias[o] + residual[n,h,w,o] + Σ_{ky,kx,i} weight[o,i,ky,kx] · x[n, h·s − top + ky·d, w·s − left + kx·d, i])
 *
 * A tap in the padding is left out, not multiplied by zero.
 */
export function conv2dAt(conv: Conv2d, [n, h, w, o]: Shape4): number {
  const { input, weight, stride, dilation, padding } = conv
  const [, inH, inW] = input.shape
  const [outChannels, inChannels, kh, kw] = weight.shape

  let sum = conv.imageBias?.[n * outChannels + o] ?? conv.bias?.[o] ?? 0
  for (let ky = 0; ky < kh; ky++) {
    const y = h * stride - padding.top + ky * dilation
    if (y < 0 || y >= inH) continue
    for (let kx = 0; kx < kw; kx++) {
      const x = w * stride - padding.left + kx * dilation
      if (x < 0 || x >= inW) continue
      const pixel = indexOf(input.shape, n, y, x, 0)
      for (let i = 0; i < inChannels; i++) {
        sum += weight.data[((o * inChannels + i) * kh + ky) * kw + kx] * input.data[pixel + i]
      }
    }
  }
  if (conv.residual) sum += conv.residual.data[indexOf(conv.residual.shape, n, h, w, o)]
  return activate(sum, conv.activation)
}

/** The whole convolution: [n, h, w, i] → [n, out_h, out_w, o]. */
export function conv2d(conv: Conv2d): Array4 {
  const output = zeros(conv2dShape(conv))
  for (let index = 0; index < output.data.length; index++) {
    output.data[index] = conv2dAt(conv, placeOf(output.shape, index))
  }
  return output
}
