import { type Array4, indexOf, placeOf, type Shape4, zeros } from './array4.ts'
import { type Conv2dBackward, carriedTo } from './conv2d_backward_input.ts'

/** One value: the sum of `conv2dBackwardInputAt` over the taps alone, since a channel has a filter [c, 1, kh, kw] of its own. */
export function depthwiseConv2dBackwardInputAt(backward: Conv2dBackward, [n, y, x, c]: Shape4): number {
  const { weight, padding, outputGradient } = backward
  const [, outH, outW] = outputGradient.shape
  const [, , kh, kw] = weight.shape

  let sum = 0
  for (let ky = 0; ky < kh; ky++) {
    const outY = carriedTo(y, ky, padding.top, backward)
    if (outY === undefined || outY < 0 || outY >= outH) continue
    for (let kx = 0; kx < kw; kx++) {
      const outX = carriedTo(x, kx, padding.left, backward)
      if (outX === undefined || outX < 0 || outX >= outW) continue
      const gradient = outputGradient.data[indexOf(outputGradient.shape, n, outY, outX, c)]
      sum += weight.data[(c * kh + ky) * kw + kx] * gradient
    }
  }
  return sum
}

/** The gradient of the whole input of a depthwise convolution: [n, out_h, out_w, c] → [n, h, w, c]. */
export function depthwiseConv2dBackwardInput(backward: Conv2dBackward): Array4 {
  const gradient = zeros(backward.input.shape)
  for (let index = 0; index < gradient.data.length; index++) {
    gradient.data[index] = depthwiseConv2dBackwardInputAt(backward, placeOf(gradient.shape, index))
  }
  return gradient
}
