import { lovaszGather } from '../../src/kernels/training/lovasz.ts'
import { type Array4, randomArray4, zeros } from '../reference/array4.ts'
import { tolerance } from '../reference/compare.ts'
import { resizeBackward } from '../reference/resize_backward.ts'
import { toGpu } from '../support/activations.ts'
import { activations } from '../support/expected.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import { classOf } from './lovasz_errors.ts'
import { cases, type SoftmaxCrossEntropyCase, softmaxCrossEntropyOptions } from './softmax_cross_entropy.ts'

/** The other classes' values are zeros before and after. */
export const suite: KernelSuite<SoftmaxCrossEntropyCase> = {
  shader: 'lovasz_gather',
  cases,
  run(test) {
    const [n, height, w, channels] = test.logits
    const { width, alignCorners, seed } = test
    const classId = classOf(test)
    const slopes = randomArray4([n, height, width, 1], seed)
    const expected = (): Array4 => {
      const own = resizeBackward({ outputGradient: slopes, height, width: w, alignCorners })
      const all = zeros(test.logits)
      own.data.forEach((value, i) => {
        all.data[i * channels + classId] = value
      })
      return all
    }
    return {
      kernel: lovaszGather({ ...softmaxCrossEntropyOptions(test), classId }),
      data: {
        slopes: Float32Array.from(slopes.data),
        logits_gradient: toGpu(zeros(test.logits)),
      },
      expected: { logits_gradient: activations(expected, { rtol: tolerance(width) }) },
    }
  },
}
