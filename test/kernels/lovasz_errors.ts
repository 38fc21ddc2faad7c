import { lovaszErrors } from '../../src/kernels/training/lovasz.ts'
import { tolerance } from '../reference/compare.ts'
import { probabilitiesOf } from '../reference/dice_loss.ts'
import { lovaszErrors as reference } from '../reference/lovasz_softmax.ts'
import { softmaxCrossEntropy } from '../reference/softmax_cross_entropy.ts'
import { floats } from '../support/expected.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import {
  cases,
  labelInputs,
  type SoftmaxCrossEntropyCase,
  softmaxCrossEntropyOf,
  softmaxCrossEntropyOptions,
} from './softmax_cross_entropy.ts'

/** A class that is not the first, if there is another one. */
export const classOf = ({ logits }: SoftmaxCrossEntropyCase): number => Math.min(2, logits[3] - 1)

export const suite: KernelSuite<SoftmaxCrossEntropyCase> = {
  shader: 'lovasz_errors',
  cases,
  run(test) {
    const operands = softmaxCrossEntropyOf(test)
    const { logits, labels } = labelInputs(operands)
    const { scale = 0 } = test
    const classId = classOf(test)
    return {
      kernel: lovaszErrors({ ...softmaxCrossEntropyOptions(test), classId }),
      data: { logits, labels, log_sum_exp: Float32Array.from(softmaxCrossEntropy(operands).logSumExp) },
      expected: {
        errors: floats(() => reference(operands, probabilitiesOf(operands), classId), {
          atol: 1e-5 * Math.max(1, scale / 10),
          rtol: tolerance(test.logits[3]),
        }),
      },
    }
  },
}
