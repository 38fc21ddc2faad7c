// The gradient of a batch norm with fixed statistics that passes folded into the convolution before it.

import type { BatchNorm, OpOf, Parameter } from '../ir/tensor.ts'
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
