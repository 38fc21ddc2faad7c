import { diceTerms } from '../../src/kernels/training/dice.ts'
import { tolerance } from '../reference/compare.ts'
import { diceLoss, diceSums, probabilitiesOf } from '../reference/dice_loss.ts'
import { floats } from '../support/expected.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import { dicePartials } from './dice_sums.ts'
import {
  cases,
  type SoftmaxCrossEntropyCase,
  softmaxCrossEntropyOf,
  softmaxCrossEntropyOptions,
} from './softmax_cross_entropy.ts'

/** [vectors, 2, 4]: a and b of the shader. */
export function classTerms(ofLabel: Float64Array, ofAll: Float64Array): Float64Array {
  const terms = new Float64Array(Math.ceil(ofAll.length / 4) * 8)
  ofAll.forEach((value, c) => {
    const at = Math.floor(c / 4) * 8 + (c % 4)
    terms[at] = ofLabel[c]
    terms[at + 4] = value
  })
  return terms
}

export const suite: KernelSuite<SoftmaxCrossEntropyCase> = {
  shader: 'dice_terms',
  cases,
  run(test) {
    const operands = softmaxCrossEntropyOf(test)
    const channels = test.logits[3]
    const { areas } = diceSums(operands, probabilitiesOf(operands))
    const { ofLabel, ofAll } = diceLoss(operands)
    // A class of many pixels has small terms: the tolerance goes by the largest.
    const largest = ofLabel.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    const losses = () => {
      const perClass = ofAll.map((all, c) => (areas[c] > 0 ? 1 + (2 * all) / ofLabel[c] : 0))
      const vectors = Math.ceil(channels / 4)
      return Float64Array.from({ length: vectors * 2 }, (_, i) => {
        const own = perClass.subarray((i >> 1) * 4, (i >> 1) * 4 + 4)
        return i % 2 ? own.length : own.reduce((sum, loss) => sum + loss, 0)
      })
    }
    return {
      kernel: diceTerms(softmaxCrossEntropyOptions(test)),
      data: { partials: Float32Array.from(dicePartials(test)), areas: Uint32Array.from(areas) },
      expected: {
        class_terms: floats(() => classTerms(ofLabel, ofAll), {
          atol: 1e-6 * largest,
          rtol: tolerance(operands.labels.length),
        }),
        losses: floats(losses, { rtol: tolerance(operands.labels.length) }),
      },
    }
  },
}
