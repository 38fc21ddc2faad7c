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
}

/**
 * One step of multi-scale inference: accumulator + weight · softmax(upsampled logits), with the upsampled map mirrored
 * left to right if `flip`.
 */
export function accumulateProbabilities(step: AccumulateProbabilities): Array4 {
  const { logits, accumulator, alignCorners, flip, weight } = step
  const [, height, width] = accumulator.shape
  const probabilities = softmax(resize({ input: logits, height, width, alignCorners }))
  const output = zeros(accumulator.shape)
  for (let index = 0; index < output.data.length; index++) {
    const [n, h, w, c] = placeOf(output.shape, index)
    const source = indexOf(output.shape, n, h, flip ? width - 1 - w : w, c)
    output.data[index] = accumulator.data[index] + weight * probabilities.data[source]
  }
  return output
}
