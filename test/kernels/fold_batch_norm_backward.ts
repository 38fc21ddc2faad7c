import { foldBatchNormBackward } from '../../src/kernels/normalisation/fold_batch_norm_backward.ts'
import { randomWeight } from '../reference/array4.ts'
import { tolerance } from '../reference/compare.ts'
import {
  type FoldBatchNormBackward,
  foldBatchNormBackward as reference,
} from '../reference/fold_batch_norm_backward.ts'
import { randomValues } from '../reference/random.ts'
import { floats } from '../support/expected.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import { type FoldBatchNormCase, foldBatchNormOf, cases as forward } from './fold_batch_norm.ts'

const small = { bias: false, epsilon: 1e-3, seed: 1 }

const cases: FoldBatchNormCase[] = [
  // The cases of fold_batch_norm that have no bias.
  ...forward
    .filter(({ bias }) => !bias)
    .map(test => ({ ...test, answer: false, bench: test.weight[0] > 100 })),
  { ...small, name: '1×3, 5 → 9 channels', weight: [9, 5, 1, 3], answer: true },
  { ...small, name: '1×1, 1026 → 1 channels: a workgroup for a sum', weight: [1, 1026, 1, 1], answer: true },
]

function operandsOf(test: FoldBatchNormCase): FoldBatchNormBackward {
  return {
    ...foldBatchNormOf(test),
    foldedGradient: randomWeight(test.weight, test.seed + 6),
    betaGradient: randomValues(test.weight[0], test.seed + 7),
  }
}

/** `weight_gradient` holds the gradient of the folded weight before. */
export const suite: KernelSuite<FoldBatchNormCase> = {
  shader: 'fold_batch_norm_backward',
  cases,
  run(test) {
    const operands = operandsOf(test)
    const { weight, foldedGradient, gamma, mean, variance, betaGradient } = operands
    const fanIn = weight.data.length / gamma.length
    return {
      kernel: foldBatchNormBackward({ label: test.name, weight: test.weight, epsilon: test.epsilon }),
      data: {
        weight: Float32Array.from(weight.data),
        gamma: Float32Array.from(gamma),
        mean: Float32Array.from(mean),
        variance: Float32Array.from(variance),
        beta_gradient: Float32Array.from(betaGradient),
        weight_gradient: Float32Array.from(foldedGradient.data),
      },
      expected: {
        weight_gradient: floats(() => reference(operands).weightGradient, { rtol: tolerance(1) }),
        gamma_gradient: floats(() => reference(operands).gammaGradient, { rtol: tolerance(fanIn) }),
      },
    }
  },
}
