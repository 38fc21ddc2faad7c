import type { Activation } from '../../kernels/elementwise/activation.ts'
import type { AnyOp } from '../ir/graph.ts'
import type { GraphScope } from '../ir/scope.ts'
import type { BatchNorm, OpOf, Parameter, Tensor } from '../ir/tensor.ts'
import { pixelwise } from './band.ts'
import type { DifferentiableRules } from './definition.ts'
import { gradientOfInput } from './tape.ts'

export type BatchNormOp = OpOf<'batchNorm', { input: Tensor }> & { batchNorm: BatchNorm }

/** γ·(x − μ)/√(σ² + ε) + β with the running statistics; parameters `name.weight`, `.bias`, `.running_mean`, `.running_var`. */
export function batchNormShape<Op extends AnyOp>(
  scope: GraphScope<Op>,
  input: Tensor,
  { name, epsilon }: { name: string; epsilon: number },
): BatchNormOp {
  const vector = (suffix: string): Parameter => ({ name: `${name}.${suffix}`, shape: [input.shape[3]] })
  const batchNorm: BatchNorm = {
    gamma: vector('weight'),
    beta: vector('bias'),
    mean: vector('running_mean'),
    variance: vector('running_var'),
    epsilon,
  }
  const output = scope.tensor(name, input.shape)
  return { kind: 'batchNorm', name: output.name, inputs: { input }, batchNorm, output }
}

/** Of each channel over the batch: f32 [1, 1, 1, c]. */
export interface Statistics {
  mean: Tensor
  /** Biased: over the number of values. */
  variance: Tensor
}

export type FoldedBatchNormOp = BatchNormOp & { activation: Activation }

/** With the statistics of a batch in place of the running ones, where they are given. */
export type FusedBatchNormOp = FoldedBatchNormOp & { statistics?: Statistics }

export const batchNormRules: DifferentiableRules<FoldedBatchNormOp> = {
  band: pixelwise,
  gradient: {
    none: 'its statistics are fixed, and no convolution stands before it to fold it into',
  },
}

/** Batch norm with the statistics of the batch, which it also mixes into the running ones. */
export type BatchNormTrainingOp = OpOf<'batchNormTraining', { input: Tensor }> & {
  batchNorm: BatchNorm
  /** Share of the batch in the new running statistics: PyTorch's momentum, 1 − the paper's decay. */
  momentum: number
  activation: Activation
  statistics: Statistics
}

export const batchNormTrainingRules: DifferentiableRules<BatchNormTrainingOp, BatchNormBackwardOp> = {
  /** The kernels of the gradient take the activation with them. */
  gradient(op, gradient, tape) {
    const { batchNorm, statistics, activation } = op
    const { input } = op.inputs
    const output = gradientOfInput(input, op)
    const backward = { kind: 'batchNormBackward', name: output.name, output } as const
    const fields = { batchNorm, statistics, activation }
    tape.add(input, tape.emit({ ...backward, ...fields, inputs: { input, gradient } }))
  },
}

/** From the gradient of what the batch norm's activation makes. */
export type BatchNormBackwardOp = OpOf<'batchNormBackward', { input: Tensor; gradient: Tensor }> & {
  batchNorm: BatchNorm
  activation: Activation
  statistics: Statistics
}
