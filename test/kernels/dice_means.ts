import { diceMeans } from '../../src/kernels/training/dice.ts'
import { tolerance } from '../reference/compare.ts'
import { diceLoss } from '../reference/dice_loss.ts'
import { softmaxCrossEntropy } from '../reference/softmax_cross_entropy.ts'
import { floats } from '../support/expected.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import { classTerms } from './dice_terms.ts'
import {
  cases,
  labelInputs,
  type SoftmaxCrossEntropyCase,
  softmaxCrossEntropyOf,
  softmaxCrossEntropyOptions,
} from './softmax_cross_entropy.ts'

export const suite: KernelSuite<SoftmaxCrossEntropyCase> = {
  shader: 'dice_means',
  cases,
  run(test) {
    const operands = softmaxCrossEntropyOf(test)
    const { logits, labels } = labelInputs(operands)
    const { ofLabel, ofAll, means } = diceLoss(operands)
    const largest = ofLabel.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    const { scale = 0 } = test
    return {
      kernel: diceMeans(softmaxCrossEntropyOptions(test)),
      data: {
        logits,
        labels,
        log_sum_exp: Float32Array.from(softmaxCrossEntropy(operands).logSumExp),
        class_terms: Float32Array.from(classTerms(ofLabel, ofAll)),
      },
      expected: {
        means: floats(() => means, {
          atol: 1e-5 * largest * Math.max(1, scale / 10),
          rtol: tolerance(test.logits[3]),
        }),
      },
    }
  },
}
