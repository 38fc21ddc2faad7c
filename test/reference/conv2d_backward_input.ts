import { type Array4, indexOf, placeOf, type Shape4, zeros } from './array4.ts'
import type { Conv2d } from './conv2d.ts'

/** A convolution and the gradient of what it made, without bias, residual and activation. */
export interface Conv2dBackward extends Pick<Conv2d, 'input' | 'weight' | 'stride' | 'dilation' | 'padding'> {
  /** [n, out_h, out_w, o] */
  outputGradient: Array4
}

/** The coordinate of the output that tap k carries an input's to: at · stride − pad + k · dilation = from. Undefined if none is. */
export function carriedTo(from: number, k: number, pad: number, conv: Pick<Conv2d, 'stride' | 'dilation'>) {
  const at = (from + pad - k * conv.dilation) / conv.stride
  return Number.isInteger(at) ? at : undefined
}

/**
 * One value of the gradient of a convolution's input:
 *
 *   dx[n,y,x,i] = Σ_{ky,kx,o} weight[o,i,ky,kx] · dy[n, (y + top − ky·d) / s, (x + left − kx·d) / s, o]
 *
 * over the taps for which both coordinates are integers and on the map.
 */
export function conv2dBackwardInputAt(backward: Conv2dBackward, [n, y, x, i]: Shape4): number {
  const { weight, padding, outputGradient } = backward
  const [, outH, outW, outChannels] = outputGradient.shape
  const [, inChannels, kh, kw] = weight.shape

  let sum = 0
  for (let ky = 0; ky < kh; ky++) {
    const outY = carriedTo(y, ky, padding.top, backward)
    if (outY === undefined || outY < 0 || outY >= outH) continue
    for (let kx = 0; kx < kw; kx++) {
      const outX = carriedTo(x, kx, padding.left, backward)
      if (outX === undefined || outX < 0 || outX >= outW) continue
      const pixel = indexOf(outputGradient.shape, n, outY, outX, 0)
      for (let o = 0; o < outChannels; o++) {
        sum += weight.data[((o * inChannels + i) * kh + ky) * kw + kx] * outputGradient.data[pixel + o]
      }
    }
  }
  return sum
}

/** The gradient of the whole input: [n, out_h, out_w, o] → [n, h, w, i]. */
export function conv2dBackwardInput(backward: Conv2dBackward): Array4 {
  const gradient = zeros(backward.input.shape)
  for (let index = 0; index < gradient.data.length; index++) {
    gradient.data[index] = conv2dBackwardInputAt(backward, placeOf(gradient.shape, index))
  }
  return gradient
}
