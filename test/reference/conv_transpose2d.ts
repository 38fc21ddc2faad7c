import type { Weight } from './array4.ts'
import { type Array4, indexOf, placeOf, zeros } from './array4.ts'

export interface ConvTranspose2d {
  /** [n, h, w, c] */
  input: Array4
  /** [c, out, kh, kw] */
  weight: Weight
  stride: number
}

/** Each pixel adds its multiple of the kernel to the output, `stride` pixels further on: [n, (h − 1)·stride + kh, …, out]. */
export function convTranspose2d({ input, weight, stride }: ConvTranspose2d): Array4 {
  const [n, h, w] = input.shape
  const [, outChannels, kernelH, kernelW] = weight.shape
  const output = zeros([n, (h - 1) * stride + kernelH, (w - 1) * stride + kernelW, outChannels])
  input.data.forEach((value, index) => {
    const [image, y, x, channel] = placeOf(input.shape, index)
    for (let out = 0; out < outChannels; out++)
      for (let ky = 0; ky < kernelH; ky++)
        for (let kx = 0; kx < kernelW; kx++) {
          const at = indexOf(output.shape, image, y * stride + ky, x * stride + kx, out)
          output.data[at] += value * weight.data[indexOf(weight.shape, channel, out, ky, kx)]
        }
  })
  return output
}
