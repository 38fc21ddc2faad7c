import { type Array4, indexOf, zeros } from './array4.ts'
import { bilinearTaps } from './resize.ts'

export interface ResizeBackward {
  /** [n, out_h, out_w, c] */
  outputGradient: Array4
  /** of the input, in pixels */
  height: number
  width: number
  alignCorners: boolean
}

/** The gradient by the input of a bilinear resize, [n, height, width, c]: each output gives its four inputs what it took of them. */
export function resizeBackward({ outputGradient, height, width, alignCorners }: ResizeBackward): Array4 {
  const [batch, outH, outW, channels] = outputGradient.shape
  const rows = bilinearTaps(height, outH, alignCorners)
  const columns = bilinearTaps(width, outW, alignCorners)
  const inputGradient = zeros([batch, height, width, channels])

  for (let n = 0; n < batch; n++) {
    for (let h = 0; h < outH; h++) {
      for (let w = 0; w < outW; w++) {
        for (const [y, shareY] of sharesOf(rows[h])) {
          for (const [x, shareX] of sharesOf(columns[w])) {
            const to = indexOf(inputGradient.shape, n, y, x, 0)
            const from = indexOf(outputGradient.shape, n, h, w, 0)
            for (let c = 0; c < channels; c++)
              inputGradient.data[to + c] += shareY * shareX * outputGradient.data[from + c]
          }
        }
      }
    }
  }
  return inputGradient
}

const sharesOf = ({ low, high, fraction }: ReturnType<typeof bilinearTaps>[number]) =>
  [
    [low, 1 - fraction],
    [high, fraction],
  ] as const
