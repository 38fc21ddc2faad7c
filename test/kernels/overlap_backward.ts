import { overlapBackward } from '../../src/kernels/training/overlap.ts'
import { type Array4, randomArray4 } from '../reference/array4.ts'
import { tolerance } from '../reference/compare.ts'
import { diceLoss, probabilitiesOf } from '../reference/dice_loss.ts'
import { randomValues } from '../reference/random.ts'
import { resizeBackward } from '../reference/resize_backward.ts'
import {
  isLabelled,
  type SoftmaxCrossEntropy,
  softmaxCrossEntropy,
} from '../reference/softmax_cross_entropy.ts'
import { toGpu } from '../support/activations.ts'
import { activations } from '../support/expected.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import { classTerms } from './dice_terms.ts'
import {
  cases,
  labelInputs,
  type SoftmaxCrossEntropyCase,
  softmaxCrossEntropyOf,
  softmaxCrossEntropyOptions,
} from './softmax_cross_entropy.ts'

/** What is left of a gradient without class terms: lossWeight / 2 · (before − the shares of p · mean). */
function completed(operands: SoftmaxCrossEntropy, before: Array4, means: Float32Array): Array4 {
  const { logits, labels, alignCorners, lossWeight = 1 } = operands
  const [, h, w, channels] = logits.shape
  const outputGradient = probabilitiesOf(operands)
  labels.forEach((label, pixel) => {
    const mean = isLabelled(label, operands) ? means[pixel] : 0
    for (let i = pixel * channels; i < (pixel + 1) * channels; i++) outputGradient.data[i] *= -mean
  })
  const own = resizeBackward({ outputGradient, height: h, width: w, alignCorners })
  return {
    shape: logits.shape,
    data: own.data.map((value, i) => (lossWeight / 2) * (before.data[i] + value)),
  }
}

/** The gradient of the Dice loss, by its class terms; and what completes that of the Lovász-softmax loss. */
export const suite: KernelSuite<SoftmaxCrossEntropyCase> = {
  shader: 'overlap_backward',
  cases,
  run(test) {
    const operands = softmaxCrossEntropyOf(test)
    const { logits, labels } = labelInputs(operands)
    const { ofLabel, ofAll, means, loss, gradient } = diceLoss(operands)
    const largest = gradient.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    const { scale = 0, lossWeight = 1 } = test
    return {
      kernel: overlapBackward({ ...softmaxCrossEntropyOptions(test), lossWeight, classTerms: true }),
      data: {
        logits,
        labels,
        log_sum_exp: Float32Array.from(softmaxCrossEntropy(operands).logSumExp),
        means: Float32Array.from(means),
        loss: Float32Array.of(loss, 1 / test.logits[3]),
        class_terms: Float32Array.from(classTerms(ofLabel, ofAll)),
      },
      expected: {
        logits_gradient: activations(() => gradient, {
          atol: 1e-5 * largest * Math.max(1, scale / 10),
          rtol: tolerance(operands.labels.length),
        }),
      },
    }
  },
  variants: {
    'without class terms': {
      cases,
      run(test) {
        const operands = softmaxCrossEntropyOf(test)
        const { logits, labels } = labelInputs(operands)
        const { lossWeight = 1, scale = 0 } = test
        const before = randomArray4(test.logits, test.seed + 3)
        const means = Float32Array.from(randomValues(operands.labels.length, test.seed + 4))
        return {
          kernel: overlapBackward({ ...softmaxCrossEntropyOptions(test), lossWeight, classTerms: false }),
          data: {
            logits,
            labels,
            log_sum_exp: Float32Array.from(softmaxCrossEntropy(operands).logSumExp),
            means,
            loss: Float32Array.of(0, 0.5),
            logits_gradient: toGpu(before),
          },
          expected: {
            logits_gradient: activations(() => completed(operands, before, means), {
              atol: 1e-5 * Math.max(1, scale / 10),
              rtol: tolerance(operands.labels.length),
            }),
          },
        }
      },
    },
  },
}
