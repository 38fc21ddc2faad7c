import { pixelLosses } from '../../src/kernels/training/softmax_cross_entropy.ts'
import { tolerance } from '../reference/compare.ts'
import { softmaxCrossEntropy as reference } from '../reference/softmax_cross_entropy.ts'
import { floats } from '../support/expected.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import {
  cases,
  labelInputs,
  type SoftmaxCrossEntropyCase,
  softmaxCrossEntropyOf,
  softmaxCrossEntropyOptions,
} from './softmax_cross_entropy.ts'

export const suite: KernelSuite<SoftmaxCrossEntropyCase> = {
  shader: 'pixel_losses',
  cases,
  run(test) {
    const operands = softmaxCrossEntropyOf(test)
    const { logSumExp, pixelLosses: expected } = reference(operands)
    const [n, height, , channels] = test.logits
    const { scale = 0 } = test
    return {
      kernel: pixelLosses(softmaxCrossEntropyOptions(test)),
      data: { ...labelInputs(operands), log_sum_exp: Float32Array.from(logSumExp) },
      expected: {
        losses: floats(() => expected, {
          shape: [n, height, test.width, 1],
          atol: 1e-5 * Math.max(1, scale / 10),
          rtol: tolerance(channels),
        }),
      },
    }
  },
}
