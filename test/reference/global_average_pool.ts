import { type Array4, indexOf, placeOf, zeros } from './array4.ts'

/** The mean of each channel over each map: [n, h, w, c] → [n, 1, 1, c] (PyTorch's AdaptiveAvgPool2d(1)). */
export function globalAveragePool(input: Array4): Array4 {
  const [n, h, w, c] = input.shape
  const output = zeros([n, 1, 1, c])
  for (let index = 0; index < input.data.length; index++) {
    const [image, , , channel] = placeOf(input.shape, index)
    output.data[indexOf(output.shape, image, 0, 0, channel)] += input.data[index]
  }
  return { shape: output.shape, data: output.data.map(sum => sum / (h * w)) }
}
