import { placeOf, sizeOf, type Weight } from './array4.ts'
import type { Conv2dBackward } from './conv2d_backward_input.ts'
import { conv2dBackwardWeightAt } from './conv2d_backward_weight.ts'

/** The gradient of a depthwise convolution's weight, [c, 1, kh, kw]: the diagonal of a dense convolution's. */
export function depthwiseConv2dBackwardWeight(backward: Conv2dBackward): Weight {
  const { shape } = backward.weight
  const data = new Float64Array(sizeOf(shape))
  for (let index = 0; index < data.length; index++) {
    const [c, , ky, kx] = placeOf(shape, index)
    data[index] = conv2dBackwardWeightAt(backward, [c, c, ky, kx])
  }
  return { shape, data }
}
