import { foldBatchNormBackward } from '../../kernels/normalisation/fold_batch_norm_backward.ts'
import type { LoweredOp } from './definition.ts'
import type { FoldBatchNormBackwardOp } from './fold_batch_norm.ts'

export const foldBatchNormBackwardLowering: LoweredOp<FoldBatchNormBackwardOp> = {
  lower(op) {
    const { weight, batchNorm } = op
    const { gamma, beta, mean, variance, epsilon } = batchNorm
    const kernel = foldBatchNormBackward({ label: op.name, weight: weight.shape, epsilon })
    const operands = {
      weight: { parameter: weight },
      gamma: { parameter: gamma },
      mean: { parameter: mean },
      variance: { parameter: variance },
      beta_gradient: { gradientOf: beta },
      weight_gradient: { gradientOf: weight },
      gamma_gradient: { gradientOf: gamma },
    }
    return [{ op, kernel, operands }]
  },
}
