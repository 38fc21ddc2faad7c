import { foldBatchNormBackward } from '../../src/kernels/fold_batch_norm_backward.ts'
import { type FoldBatchNormBackwardCase, foldBatchNormBackwardOf } from '../cases/fold_batch_norm_backward.ts'
import { tolerance } from '../reference/compare.ts'
import { foldBatchNormBackward as reference } from '../reference/fold_batch_norm_backward.ts'
import { expectChannels } from '../support/channels.ts'
import type { KernelRun } from '../support/kernel_run.ts'

/** The weight's gradient begins as that of the folded weight. */
export function foldBatchNormBackwardRun(test: FoldBatchNormBackwardCase): KernelRun {
  const operands = foldBatchNormBackwardOf(test)
  const { weight, foldedGradient, gamma, mean, variance, betaGradient } = operands
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
    check: outputs => {
      const { weightGradient, gammaGradient } = reference(operands)
      expectChannels(outputs.weight_gradient, weightGradient, tolerance(1))
      expectChannels(outputs.gamma_gradient, gammaGradient, tolerance(weight.data.length / gamma.length))
    },
  }
}
