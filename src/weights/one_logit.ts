// A network with one logit z, whose sigmoid is the probability of its only class, as two classes: the softmax of (0, z) is
// (1 − sigmoid(z), sigmoid(z)), and its cross entropy is that of the sigmoid. The checkpoint keeps the one logit.

import type { StateDict } from './tensor.ts'

/** The checkpoint with a row of zeros before the only row of each classifier; undefined if some classifier has more rows. */
export function withTwoLogits(stateDict: StateDict, classifiers: readonly string[]): StateDict | undefined {
  const extended = new Map(stateDict)
  for (const name of classifiers) {
    const tensor = stateDict.get(name)
    if (tensor?.shape[0] !== 1 || !(tensor.data instanceof Float32Array)) return undefined
    const data = new Float32Array(2 * tensor.data.length)
    data.set(tensor.data, tensor.data.length)
    extended.set(name, { ...tensor, shape: [2, ...tensor.shape.slice(1)], data })
  }
  return extended
}

/** The only row of a classifier's weight or bias, from its two rows: training moves both, and their difference decides. */
export function oneRow(rows: Float32Array): Float32Array {
  const length = rows.length / 2
  return rows.subarray(length).map((value, i) => value - rows[i])
}
