// The kernels of batch norm with the statistics of the batch, and of its gradient.

import {
  batchNormBackwardInput,
  batchNormBackwardMerge,
  batchNormBackwardReduce,
} from '../../kernels/normalisation/batch_norm_backward.ts'
import { batchNormMerge, batchNormStatistics } from '../../kernels/normalisation/batch_norm_statistics.ts'
import { oneStep, type Step, scratch, tensors } from '../lower/step.ts'
import type { BatchNormBackwardOp, BatchNormTrainingOp } from './batch_norm.ts'
import { normalise, statisticsOperands } from './batch_norm_lowering.ts'
import type { LoweredOp } from './definition.ts'
import type { Lowering } from './lowering.ts'

export const batchNormTrainingLowering: LoweredOp<BatchNormTrainingOp> = {
  lower(op, lowering) {
    return [...mergedStatistics(op, lowering), normalise(op, statisticsOperands(op.statistics))]
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

export const batchNormBackwardLowering: LoweredOp<BatchNormBackwardOp> = {
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
