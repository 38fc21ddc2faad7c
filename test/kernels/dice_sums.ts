import { diceSums } from '../../src/kernels/training/dice.ts'
import { tolerance } from '../reference/compare.ts'
import { probabilitiesOf, diceSums as reference } from '../reference/dice_loss.ts'
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

const TILE = 1024

/** [vectors, tiles, 2, 4]: the sums of a tile's pixels. */
export function dicePartials(test: SoftmaxCrossEntropyCase): Float64Array {
  const operands = softmaxCrossEntropyOf(test)
  const probabilities = probabilitiesOf(operands)
  const channels = test.logits[3]
  const tiles = Math.ceil(operands.labels.length / TILE)
  const partials = new Float64Array(Math.ceil(channels / 4) * tiles * 8)
  for (let tile = 0; tile < tiles; tile++) {
    const end = Math.min(operands.labels.length, (tile + 1) * TILE)
    const { overlaps, totals } = reference(operands, probabilities, tile * TILE, end)
    for (let c = 0; c < channels; c++) {
      const at = (Math.floor(c / 4) * tiles + tile) * 8 + (c % 4)
      partials[at] = overlaps[c]
      partials[at + 4] = totals[c]
    }
  }
  return partials
}

export const suite: KernelSuite<SoftmaxCrossEntropyCase> = {
  shader: 'dice_sums',
  cases,
  run(test) {
    const operands = softmaxCrossEntropyOf(test)
    const { logits, labels } = labelInputs(operands)
    const log_sum_exp = Float32Array.from(softmaxCrossEntropy(operands).logSumExp)
    const { scale = 0 } = test
    return {
      kernel: diceSums(softmaxCrossEntropyOptions(test)),
      data: { logits, labels, log_sum_exp },
      expected: {
        partials: floats(() => dicePartials(test), {
          atol: 1e-5 * Math.max(1, scale / 10),
          rtol: tolerance(TILE) * Math.max(1, scale / 10),
        }),
      },
    }
  },
}
