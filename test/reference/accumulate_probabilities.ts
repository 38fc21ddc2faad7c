import { type Array4, indexOf, placeOf, zeros } from './array4.ts'
import { resize } from './resize.ts'
import { softmax } from './softmax.ts'

export interface AccumulateProbabilities {
  /** [n, h, w, c] */
  logits: Array4
  /** [n, height, width, c]: what earlier scales have added */
  accumulator: Array4
  alignCorners: boolean
  /** the logits are of a mirrored image: mirror them back */
  flip: boolean
  /** of this scale in the average */
  weight: number
  /** the accumulator is a part of the map: default all */
  part?: MapPart
}

/** A rectangle of a map. */
export interface MapPart {
  /** of the whole map */
  height: number
  width: number
  top: number
  left: number
  /** a weight for each row and column of the part, besides the weight of the scale */
  rowWeights: ArrayLike<number>
  columnWeights: ArrayLike<number>
}

/**
 * One step of multi-scale inference: accumulator + weight · softmax(upsampled logits), with the upsampled map mirrored
 * left to right if `flip`.
 */
export function accumulateProbabilities(step: AccumulateProbabilities): Array4 {
  const { logits, accumulator, alignCorners, flip, weight, part } = step
  const [, ownHeight, ownWidth] = accumulator.shape
  const { height, width, top, left } = part ?? { height: ownHeight, width: ownWidth, top: 0, left: 0 }
  const probabilities = softmax(resize({ input: logits, height, width, alignCorners }))
  const output = zeros(accumulator.shape)
  for (let index = 0; index < output.data.length; index++) {
    const [n, h, w, c] = placeOf(output.shape, index)
    const column = flip ? width - 1 - (left + w) : left + w
    const source = indexOf(probabilities.shape, n, top + h, column, c)
    const share = weight * (part ? part.rowWeights[h] * part.columnWeights[w] : 1)
    output.data[index] = accumulator.data[index] + share * probabilities.data[source]
  }
  return output
}
