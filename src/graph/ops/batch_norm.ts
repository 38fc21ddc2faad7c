import type { Activation } from '../../kernels/elementwise/activation.ts'
import { batchNorm } from '../../kernels/normalisation/batch_norm.ts'
import {
  batchNormBackwardInput,
  batchNormBackwardMerge,
  batchNormBackwardReduce,
} from '../../kernels/normalisation/batch_norm_backward.ts'
import { batchNormMerge, batchNormStatistics } from '../../kernels/normalisation/batch_norm_statistics.ts'
import type { AnyOp } from '../ir/graph.ts'
import type { GraphScope } from '../ir/scope.ts'
import type { BatchNorm, OpOf, Parameter, Tensor } from '../ir/tensor.ts'
import { type Operand, oneStep, type Step, scratch, tensors } from '../lower/step.ts'
import { pixelwise } from './band.ts'
import type { DifferentiableOp, OpDefinition } from './definition.ts'
import type { Lowering } from './lowering.ts'
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
interface Statistics {
  mean: Tensor
  /** Biased: over the number of values. */
  variance: Tensor
}

export type FoldedBatchNormOp = BatchNormOp & { activation: Activation }

/** With the statistics of a batch in place of the running ones, where they are given. */
export type FusedBatchNormOp = FoldedBatchNormOp & { statistics?: Statistics }

const lower: OpDefinition<FusedBatchNormOp>['lower'] = op => [
  normalise(op, op.statistics ? statisticsOperands(op.statistics) : runningStatistics(op.batchNorm)),
]

export const batchNormOp: OpDefinition<FusedBatchNormOp> & DifferentiableOp<FoldedBatchNormOp> = {
  lower,
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

export const batchNormTrainingOp: DifferentiableOp<BatchNormTrainingOp, BatchNormBackwardOp> = {
  lower(op, lowering) {
    return [...mergedStatistics(op, lowering), normalise(op, statisticsOperands(op.statistics))]
  },
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

/** The steps that leave mean and variance of the batch. The first of them is not needed where a convolution did its work. */
function mergedStatistics(op: BatchNormTrainingOp, { emittedStatistics }: Lowering): Step[] {
  const { input } = op.inputs
  const { mean: running_mean, variance: running_variance } = op.batchNorm
  const label = { label: op.name, input: input.shape }
  const left = emittedStatistics.get(input)
  // Made in any case, because it refuses maps of a single value.
  const reduce = batchNormStatistics(label)
  const partials = left?.tensor ?? scratch(op, reduce.outputs.partials)
  const merge = batchNormMerge({ ...label, momentum: op.momentum, tiles: left?.tiles })
  const running = {
    running_mean: { parameter: running_mean },
    running_variance: { parameter: running_variance },
  }
  return [
    ...(left ? [] : oneStep(op, reduce, { input, partials })),
    { op, kernel: merge, operands: { ...tensors({ partials, ...op.statistics }), ...running } },
  ]
}

function normalise(
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

const statisticsOperands = ({ mean, variance }: Statistics) => ({
  mean: { tensor: mean },
  variance: { tensor: variance },
})

/** From the gradient of what the batch norm's activation makes. */
export type BatchNormBackwardOp = OpOf<'batchNormBackward', { input: Tensor; gradient: Tensor }> & {
  batchNorm: BatchNorm
  activation: Activation
  statistics: Statistics
}

export const batchNormBackwardOp: OpDefinition<BatchNormBackwardOp> = {
  lower(op) {
    const { input, gradient } = op.inputs
    const { gamma, beta, epsilon } = op.batchNorm
    const { mean, variance } = op.statistics
    const options = { label: op.name, input: input.shape, epsilon, activation: op.activation }
    const reduce = batchNormBackwardReduce(options)
    const merge = batchNormBackwardMerge(options)
    const partials = scratch(op, reduce.outputs.partials)
    const sums = scratch(op, merge.outputs.sums, 'sums')
    const gradients = { gamma_gradient: { gradientOf: gamma }, beta_gradient: { gradientOf: beta } }
    const scale = { gamma: { parameter: gamma }, beta: { parameter: beta } }
    const read = { ...tensors({ input, output_gradient: gradient, mean, variance }), ...scale }
    return [
      { op, kernel: reduce, operands: { ...read, ...tensors({ partials }) } },
      { op, kernel: merge, operands: { ...tensors({ partials, variance, sums }), ...gradients } },
      {
        op,
        kernel: batchNormBackwardInput(options),
        operands: { ...read, ...tensors({ sums, input_gradient: op.output }) },
      },
    ]
  },
}
