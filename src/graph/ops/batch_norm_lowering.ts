import { batchNorm } from '../../kernels/normalisation/batch_norm.ts'
import type { BatchNorm } from '../ir/tensor.ts'
import { type Operand, type Step, tensors } from '../lower/step.ts'
import type { BatchNormTrainingOp, FoldedBatchNormOp, FusedBatchNormOp, Statistics } from './batch_norm.ts'
import type { LoweredOp } from './definition.ts'

export const batchNormLowering: LoweredOp<FusedBatchNormOp> = {
  lower: op => [
    normalise(op, op.statistics ? statisticsOperands(op.statistics) : runningStatistics(op.batchNorm)),
  ],
}

/** The step that normalises by statistics. */
export function normalise(
  op: FoldedBatchNormOp | BatchNormTrainingOp,
  statistics: { mean: Operand; variance: Operand },
): Step {
  const { gamma, beta, epsilon } = op.batchNorm
  const { input } = op.inputs
  const kernel = batchNorm({ label: op.name, input: input.shape, epsilon, activation: op.activation })
  const scale = { gamma: { parameter: gamma }, beta: { parameter: beta } }
  return { op, kernel, operands: { ...tensors({ input, output: op.output }), ...scale, ...statistics } }
}

const runningStatistics = ({ mean, variance }: BatchNorm) => ({
  mean: { parameter: mean },
  variance: { parameter: variance },
})

export const statisticsOperands = ({ mean, variance }: Statistics) => ({
  mean: { tensor: mean },
  variance: { tensor: variance },
})
