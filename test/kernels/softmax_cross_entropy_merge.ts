import { softmaxCrossEntropyMerge } from '../../src/kernels/training/softmax_cross_entropy.ts'
import { tolerance } from '../reference/compare.ts'
import { softmaxCrossEntropy as reference } from '../reference/softmax_cross_entropy.ts'
import { floats } from '../support/expected.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import {
  cases,
  type SoftmaxCrossEntropyCase,
  softmaxCrossEntropyOf,
  softmaxCrossEntropyOptions,
} from './softmax_cross_entropy.ts'

/** Makes the loss of the reference's sums, which come in shares that differ. */
export const suite: KernelSuite<SoftmaxCrossEntropyCase> = {
  shader: 'softmax_cross_entropy_merge',
  cases,
  run(test) {
    const { weightedLoss, weight, loss } = reference(softmaxCrossEntropyOf(test))
    const kernel = softmaxCrossEntropyMerge(softmaxCrossEntropyOptions(test))
    const { count } = kernel.params
    const share = (i: number) => (i + 1) / ((count * (count + 1)) / 2)
    const partials = Float32Array.from(
      { length: count * 2 },
      (_, i) => share(i >> 1) * (i % 2 ? weight : weightedLoss),
    )
    const expected = () => Float64Array.of(loss, weight === 0 ? 0 : 1 / weight)
    return {
      kernel,
      data: { partials },
      expected: { loss: floats(expected, { rtol: tolerance(count) }) },
    }
  },
}
