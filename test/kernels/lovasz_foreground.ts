import { lovaszForeground } from '../../src/kernels/training/lovasz.ts'
import { probabilitiesOf } from '../reference/dice_loss.ts'
import { inOrder, lovaszErrors } from '../reference/lovasz_softmax.ts'
import { words } from '../support/expected.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import { classOf } from './lovasz_errors.ts'
import {
  cases,
  labelInputs,
  type SoftmaxCrossEntropyCase,
  softmaxCrossEntropyOf,
  softmaxCrossEntropyOptions,
} from './softmax_cross_entropy.ts'

export const suite: KernelSuite<SoftmaxCrossEntropyCase> = {
  shader: 'lovasz_foreground',
  cases,
  run(test) {
    const operands = softmaxCrossEntropyOf(test)
    const classId = classOf(test)
    const pixels = inOrder(lovaszErrors(operands, probabilitiesOf(operands), classId))
    return {
      kernel: lovaszForeground({ ...softmaxCrossEntropyOptions(test), classId }),
      data: { labels: labelInputs(operands).labels, sorted_pixels: pixels },
      expected: {
        foreground: words(() => pixels.toReversed().map(pixel => Number(operands.labels[pixel] === classId))),
      },
    }
  },
}
