import { placeOf, sizeOf, type Weight } from './array4.ts'

/** The weight of the convolution that, at stride 1, takes the gradient of the output to that of the input: [o, i, kh, kw] → [i, o, kh, kw], taps reversed. */
export function packTransposed({ shape: [o, i, kh, kw], data }: Weight): Weight {
  const shape = [i, o, kh, kw] as const
  const transposed = new Float64Array(sizeOf(shape))
  for (let index = 0; index < transposed.length; index++) {
    const [channel, out, ky, kx] = placeOf(shape, index)
    transposed[index] = data[((out * i + channel) * kh + kh - 1 - ky) * kw + kw - 1 - kx]
  }
  return { shape, data: transposed }
}
