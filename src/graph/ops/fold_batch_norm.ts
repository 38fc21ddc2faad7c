// The gradient of a batch norm with fixed statistics that passes folded into the convolution before it.

import { foldBatchNormBackward } from '../../kernels/normalisation/fold_batch_norm.ts'
import type { BatchNorm, OpOf, Parameter } from '../ir/tensor.ts'
import type { OpDefinition } from './definition.ts'
import { parameterGradient, type TapeOf } from './tape.ts'

/**
 * From the gradients of a folded weight and bias to those of weight, γ and β. The former stand where those of the weight and of β
 * will.
 */
export type FoldBatchNormBackwardOp = OpOf<'foldBatchNormBackward', Record<string, never>> & {
  weight: Parameter
  batchNorm: BatchNorm
}

export function foldBatchNormGradient(
  { weight, batchNorm }: { weight: Parameter; batchNorm: BatchNorm },
  tape: TapeOf<FoldBatchNormBackwardOp>,
): void {
  const output = parameterGradient(batchNorm.gamma)
  tape.emit({ kind: 'foldBatchNormBackward', name: output.name, inputs: {}, weight, batchNorm, output })
}

export const foldBatchNormBackwardOp: OpDefinition<FoldBatchNormBackwardOp> = {
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
