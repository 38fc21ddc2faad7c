import { softmaxCrossEntropyBackward } from '../../src/kernels/training/softmax_cross_entropy.ts'
import { tolerance } from '../reference/compare.ts'
import { softmaxCrossEntropyWithGradient as reference } from '../reference/softmax_cross_entropy.ts'
import { activations } from '../support/expected.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import {
  cases,
  labelInputs,
  type SoftmaxCrossEntropyCase,
  softmaxCrossEntropyOf,
  softmaxCrossEntropyOptions,
} from './softmax_cross_entropy.ts'

export const suite: KernelSuite<SoftmaxCrossEntropyCase> = {
  shader: 'softmax_cross_entropy_backward',
  cases,
  run(test) {
    const operands = softmaxCrossEntropyOf(test)
    const { logSumExp, loss, weight, gradient } = reference(operands)
    const { lossWeight, scale = 0 } = test
    // A mean over many pixels has small gradients, some no larger than 1e-5: the tolerance goes by the largest.
    const largest = gradient.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    const atol = 1e-5 * largest * Math.max(1, scale / 10)
    return {
      kernel: softmaxCrossEntropyBackward({ ...softmaxCrossEntropyOptions(test), lossWeight }),
      data: {
        ...labelInputs(operands),
        log_sum_exp: Float32Array.from(logSumExp),
        loss: Float32Array.of(loss, weight === 0 ? 0 : 1 / weight),
      },
      expected: {
        logits_gradient: activations(() => gradient, { atol, rtol: tolerance(logSumExp.length) }),
      },
    }
  },
}
