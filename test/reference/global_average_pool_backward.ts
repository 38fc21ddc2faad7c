import { type Array4, indexOf, placeOf, zeros } from './array4.ts'

export interface GlobalAveragePoolBackward {
  /** [n, 1, 1, c] */
  outputGradient: Array4
  /** of the input, in pixels */
  height: number
  width: number
}

/** The gradient by the pool's input, [n, height, width, c]: an equal share for every pixel. */
export function globalAveragePoolBackward({
  outputGradient,
  height,
  width,
}: GlobalAveragePoolBackward): Array4 {
  const [batch, , , channels] = outputGradient.shape
  const inputGradient = zeros([batch, height, width, channels])
  inputGradient.data = inputGradient.data.map((_, index) => {
    const [n, , , c] = placeOf(inputGradient.shape, index)
    return outputGradient.data[indexOf(outputGradient.shape, n, 0, 0, c)] / (height * width)
  })
  return inputGradient
}
