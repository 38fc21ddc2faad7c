import { type Array4, indexOf, placeOf, zeros } from './array4.ts'

export interface Crop {
  /** [n, h, w, c] */
  input: Array4
  height: number
  width: number
  /** the first row and column; the rectangle may reach past the map, where it is zero */
  top: number
  left: number
}

/** [n, height, width, c] */
export function crop({ input, height, width, top, left }: Crop): Array4 {
  const [batch, inH, inW, channels] = input.shape
  const output = zeros([batch, height, width, channels])
  for (let index = 0; index < output.data.length; index++) {
    const [n, h, w, c] = placeOf(output.shape, index)
    const [y, x] = [h + top, w + left]
    const inside = y >= 0 && y < inH && x >= 0 && x < inW
    if (inside) output.data[index] = input.data[indexOf(input.shape, n, y, x, c)]
  }
  return output
}
