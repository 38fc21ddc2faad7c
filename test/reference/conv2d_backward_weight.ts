import { indexOf, placeOf, sizeOf, type Weight } from './array4.ts'
import type { Conv2dBackward } from './conv2d_backward_input.ts'

/**
 * One value of the gradient of a convolution's weight, the sum over the pixels whose tap is on the map:
 *
 *   dw[o,i,ky,kx] = Σ_{n,h,w} dy[n,h,w,o] · x[n, h·s − top + ky·d, w·s − left + kx·d, i]
 */
export function conv2dBackwardWeightAt(
  { input, stride, dilation, padding, outputGradient }: Conv2dBackward,
  [o, i, ky, kx]: Weight['shape'],
): number {
  const [, inH, inW] = input.shape
  const [n, outH, outW] = outputGradient.shape

  let sum = 0
  for (let image = 0; image < n; image++) {
    for (let h = 0; h < outH; h++) {
      const y = h * stride - padding.top + ky * dilation
      if (y < 0 || y >= inH) continue
      for (let w = 0; w < outW; w++) {
        const x = w * stride - padding.left + kx * dilation
        if (x < 0 || x >= inW) continue
        const gradient = outputGradient.data[indexOf(outputGradient.shape, image, h, w, o)]
        sum += gradient * input.data[indexOf(input.shape, image, y, x, i)]
      }
    }
  }
  return sum
}

/** The gradient of the whole weight, [o, i, kh, kw]. */
export function conv2dBackwardWeight(backward: Conv2dBackward): Weight {
  const { shape } = backward.weight
  const data = new Float64Array(sizeOf(shape))
  for (let index = 0; index < data.length; index++) {
    data[index] = conv2dBackwardWeightAt(backward, placeOf(shape, index))
  }
  return { shape, data }
}
