import { batchNormBackwardMerge } from '../../src/kernels/normalisation/batch_norm_backward.ts'
import { batchNormBackward as reference } from '../reference/batch_norm_backward.ts'
import { tolerance } from '../reference/compare.ts'
import { toGpu } from '../support/activations.ts'
import { activations, floats } from '../support/expected.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import {
  type BatchNormBackwardCase,
  batchNormBackwardOf,
  cases,
  gradientPartials,
  sumsOf,
} from './shared/batch_norm_backward.ts'

/** Adds up the partial sums that the reference makes. */
export const suite: KernelSuite<BatchNormBackwardCase> = {
  shader: 'batch_norm_backward_merge',
  cases,
  run(test) {
    const operands = batchNormBackwardOf(test)
    const { name: label, input, epsilon } = test
    const rtol = tolerance(input[0] * input[1] * input[2])
    return {
      kernel: batchNormBackwardMerge({ label, input, epsilon }),
      data: { partials: toGpu(gradientPartials(operands)), variance: Float32Array.from(operands.variance) },
      expected: {
        gamma_gradient: floats(() => reference(operands).gammaGradient, { rtol }),
        beta_gradient: floats(() => reference(operands).betaGradient, { rtol }),
        sums: activations(() => sumsOf(operands), { rtol }),
      },
    }
  },
}
