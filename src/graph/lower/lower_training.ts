// The kernels of the ops that only a training step has.

import type { Kernel } from '../../gpu/kernel.ts'
import { activationBackward } from '../../kernels/activation_backward.ts'
import { batchNorm } from '../../kernels/batch_norm.ts'
import {
  batchNormBackwardInput,
  batchNormBackwardMerge,
  batchNormBackwardReduce,
} from '../../kernels/batch_norm_backward.ts'
import { batchNormMerge, batchNormStatistics } from '../../kernels/batch_norm_statistics.ts'
import { biasGradient } from '../../kernels/bias_gradient.ts'
import type { ConvolutionTarget } from '../../kernels/choose_conv2d.ts'
import { chooseConv2dBackwardInput } from '../../kernels/choose_conv2d_backward_input.ts'
import {
  chooseConv2dBackwardWeight,
  chooseWinogradBackwardWeight,
} from '../../kernels/choose_conv2d_backward_weight.ts'
import { conv2dReduceWeight, isReduced } from '../../kernels/conv2d_reduce_weight.ts'
import { depthwiseConv2dBackwardInput } from '../../kernels/depthwise_conv2d_backward_input.ts'
import { depthwiseConv2dBackwardWeight } from '../../kernels/depthwise_conv2d_backward_weight.ts'
import { dropout } from '../../kernels/dropout.ts'
import { foldBatchNormBackward } from '../../kernels/fold_batch_norm_backward.ts'
import { globalAveragePoolBackward } from '../../kernels/global_average_pool_backward.ts'
import { maxPoolBackward, maxPoolWinners } from '../../kernels/max_pool_backward.ts'
import { resizeBackward } from '../../kernels/resize_backward.ts'
import { sliceChannels } from '../../kernels/slice_channels.ts'
import {
  softmaxCrossEntropy,
  softmaxCrossEntropyBackward,
  softmaxCrossEntropyMerge,
} from '../../kernels/softmax_cross_entropy.ts'
import type { Parameter, Tensor } from '../ir/graph.ts'
import type {
  BatchNormBackwardOp,
  BatchNormTrainingOp,
  BiasGradientOp,
  ConvolutionBackwardInputOp,
  ConvolutionBackwardWeightOp,
  CrossEntropyBackwardOp,
  CrossEntropyOp,
  FoldBatchNormBackwardOp,
  MaxPoolBackwardOp,
  TrainingOp,
} from '../ir/training_ops.ts'
import { foldedWeights, transposedWeights } from './folded_weights.ts'
import { backwardInputOptions, gradientConvolutionOf } from './gradient_convolution.ts'
import { lowerConvolution } from './lower_conv2d.ts'
import { lowerWinogradBackwardWeight } from './lower_conv2d_backward_weight.ts'
import { type Operand, type Step, scratch, tensors } from './step.ts'

export function lowerTraining(op: TrainingOp, target: ConvolutionTarget): Step[] {
  switch (op.kind) {
    case 'batchNormTraining':
      return lowerBatchNorm(op)
    case 'dropout': {
      const { input, step: trainingStep } = op.inputs
      const kernel = dropout({ label: op.name, shape: op.output.shape, p: op.p, seed: op.seed })
      return [step(op, kernel, { input, step: trainingStep, output: op.output })]
    }
    case 'batchNormBackward':
      return lowerBatchNormBackward(op)
    case 'convolutionBackwardInput':
      return lowerBackwardInput(op, target)
    case 'convolutionBackwardWeight':
      return lowerBackwardWeight(op, target)
    case 'biasGradient':
      return lowerBiasGradient(op)
    case 'foldBatchNormBackward':
      return [lowerFoldBatchNormBackward(op)]
    case 'activationBackward': {
      const { gradient, activated } = op.inputs
      const kernel = activationBackward({ label: op.name, shape: op.output.shape, activation: op.activation })
      return [step(op, kernel, { output_gradient: gradient, output: activated, input_gradient: op.output })]
    }
    case 'maxPoolBackward':
      return lowerMaxPoolBackward(op)
    case 'globalAveragePoolBackward': {
      const kernel = globalAveragePoolBackward({ label: op.name, input: op.output.shape })
      return [step(op, kernel, { output_gradient: op.inputs.gradient, input_gradient: op.output })]
    }
    case 'resizeBackward': {
      const { gradient } = op.inputs
      const [, height, width] = gradient.shape
      const { alignCorners } = op
      const kernel = resizeBackward({ label: op.name, input: op.output.shape, height, width, alignCorners })
      return [step(op, kernel, { output_gradient: gradient, input_gradient: op.output })]
    }
    case 'sliceChannels': {
      const { input } = op.inputs
      const slice = { offset: op.offset, channels: op.output.shape[3] }
      return [
        step(op, sliceChannels({ label: op.name, input: input.shape, slice }), { input, output: op.output }),
      ]
    }
    case 'crossEntropy':
      return lowerCrossEntropy(op)
    case 'crossEntropyBackward': {
      const kernel = softmaxCrossEntropyBackward({ ...crossEntropyOptions(op), lossWeight: op.lossWeight })
      return [
        step(op, kernel, {
          logits: op.inputs.logits,
          labels: op.inputs.labels,
          class_weights: op.inputs.classWeights,
          log_sum_exp: op.inputs.logSumExp,
          loss: op.inputs.loss,
          logits_gradient: op.output,
        }),
      ]
    }
  }
}

const step = (op: TrainingOp, kernel: Step['kernel'], named: Record<string, Tensor | undefined>): Step => ({
  op,
  kernel,
  operands: tensors(named),
})

const parameter = (found: Parameter): Operand => ({ parameter: found })
const gradientOf = (found: Parameter): Operand => ({ gradientOf: found })

function lowerBatchNorm(op: BatchNormTrainingOp): Step[] {
  const { input } = op.inputs
  const { mean, variance } = op.statistics
  const { gamma, beta, mean: runningMean, variance: runningVariance, epsilon } = op.batchNorm
  const shared = { label: op.name, input: input.shape }
  const statistics = batchNormStatistics(shared)
  const partials = scratch(op, statistics.outputs.partials)
  const running = { running_mean: parameter(runningMean), running_variance: parameter(runningVariance) }
  const normalised = { gamma: parameter(gamma), beta: parameter(beta) }
  return [
    step(op, statistics, { input, partials }),
    {
      op,
      kernel: batchNormMerge({ ...shared, momentum: op.momentum }),
      operands: { ...tensors({ partials, mean, variance }), ...running },
    },
    {
      op,
      kernel: batchNorm({ ...shared, epsilon, activation: op.activation }),
      operands: { ...tensors({ input, mean, variance, output: op.output }), ...normalised },
    },
  ]
}

function lowerBatchNormBackward(op: BatchNormBackwardOp): Step[] {
  const { input, gradient } = op.inputs
  const { gamma, beta, epsilon } = op.batchNorm
  const { mean, variance } = op.statistics
  const options = { label: op.name, input: input.shape, epsilon, activation: op.activation }
  const reduce = batchNormBackwardReduce(options)
  const merge = batchNormBackwardMerge(options)
  const partials = scratch(op, reduce.outputs.partials)
  const sums = scratch(op, merge.outputs.sums, 'sums')
  const gradients = { gamma_gradient: gradientOf(gamma), beta_gradient: gradientOf(beta) }
  const normalised = { gamma: parameter(gamma), beta: parameter(beta) }
  const read = { ...tensors({ input, output_gradient: gradient, mean, variance }), ...normalised }
  return [
    { op, kernel: reduce, operands: { ...read, ...tensors({ partials }) } },
    { op, kernel: merge, operands: { ...tensors({ partials, variance, sums }), ...gradients } },
    {
      op,
      kernel: batchNormBackwardInput(options),
      operands: { ...read, ...tensors({ sums, input_gradient: op.output }) },
    },
  ]
}

function lowerBackwardInput(op: ConvolutionBackwardInputOp, target: ConvolutionTarget): Step[] {
  const { weight, batchNorm, depthwise } = op
  const options = backwardInputOptions(op)
  const { gradient } = op.inputs
  if (depthwise) {
    const folded = foldedWeights({ weight, batchNorm, depthwise })
    const named = tensors({ output_gradient: gradient, input_gradient: op.output })
    const kernel = depthwiseConv2dBackwardInput(options)
    return [{ op, kernel, operands: { ...named, weight: { folded, part: 'packed' } } }]
  }
  const weights = transposedWeights(weight, batchNorm)
  const convolution = gradientConvolutionOf(op)
  const residual = op.inPlace ? undefined : op.inputs.residual
  if (convolution)
    return lowerConvolution({ op, options: convolution, input: gradient, residual, weights }, target)
  const named = tensors({ input: gradient, output: op.output })
  const kernel = chooseConv2dBackwardInput(options, target)
  const { itself } = weights
  const packed: Operand = itself ?? { folded: weights.direct(), part: 'packed' }
  return [{ op, kernel, operands: { ...named, weight: packed } }]
}

function lowerBackwardWeight(op: ConvolutionBackwardWeightOp, target: ConvolutionTarget): Step[] {
  const { weight, depthwise } = op
  const { input, gradient } = op.inputs
  const [outChannels, , kernelH, kernelW] = weight.shape
  const options = { ...op, label: op.name, input: input.shape, kernel: [kernelH, kernelW] as const }
  const winograd = depthwise ? undefined : chooseWinogradBackwardWeight({ ...options, outChannels }, target)
  if (winograd) return lowerWinogradBackwardWeight(op, winograd)
  const kernel = depthwise
    ? depthwiseConv2dBackwardWeight(options)
    : chooseConv2dBackwardWeight({ ...options, outChannels }, target)
  return summed(kernel, { op, inputs: { input, output_gradient: gradient }, depthwise, sum: weight })
}

function lowerBiasGradient(op: BiasGradientOp): Step[] {
  const { gradient } = op.inputs
  const kernel = biasGradient({ label: op.name, shape: gradient.shape })
  // A bias is summed like the weight of a depthwise convolution with one tap.
  const sum = { ...op.bias, shape: [gradient.shape[3], 1, 1, 1] }
  return summed(kernel, { op, inputs: { output_gradient: gradient }, depthwise: true, sum })
}

/** A kernel that makes partial gradients, and what adds them up to that of the parameter `sum`, where they are not it already. */
function summed(
  kernel: Kernel,
  named: { op: TrainingOp; inputs: Record<string, Tensor>; depthwise: boolean; sum: Parameter },
): Step[] {
  const { op, inputs, depthwise, sum } = named
  const options = { label: op.name, weight: sum.shape, depthwise, splits: kernel.params.splits }
  if (isReduced(options)) return [{ op, kernel, operands: { ...tensors(inputs), partials: gradientOf(sum) } }]
  const partials = scratch(op, kernel.outputs.partials)
  return [
    step(op, kernel, { ...inputs, partials }),
    {
      op,
      kernel: conv2dReduceWeight(options),
      operands: { ...tensors({ partials }), weight_gradient: gradientOf(sum) },
    },
  ]
}

function lowerFoldBatchNormBackward(op: FoldBatchNormBackwardOp): Step {
  const { weight, batchNorm } = op
  const { gamma, beta, mean, variance, epsilon } = batchNorm
  return {
    op,
    kernel: foldBatchNormBackward({ label: op.name, weight: weight.shape, epsilon }),
    operands: {
      weight: parameter(weight),
      gamma: parameter(gamma),
      mean: parameter(mean),
      variance: parameter(variance),
      beta_gradient: gradientOf(beta),
      weight_gradient: gradientOf(weight),
      gamma_gradient: gradientOf(gamma),
    },
  }
}

function lowerMaxPoolBackward(op: MaxPoolBackwardOp): Step[] {
  const { input, gradient } = op.inputs
  const options = { ...op, label: op.name, input: input.shape, kernel: [op.kernel, op.kernel] as const }
  const winning = maxPoolWinners(options)
  const winners = scratch(op, winning.outputs.winners)
  return [
    step(op, winning, { input, winners }),
    step(op, maxPoolBackward(options), { winners, output_gradient: gradient, input_gradient: op.output }),
  ]
}

function crossEntropyOptions(op: CrossEntropyOp | CrossEntropyBackwardOp) {
  const { logits, labels } = op.inputs
  const { alignCorners, ignoreIndex } = op
  const classWeights = op.inputs.classWeights !== undefined
  return {
    label: op.name,
    input: logits.shape,
    width: labels.shape[2],
    alignCorners,
    ignoreIndex,
    classWeights,
  }
}

function lowerCrossEntropy(op: CrossEntropyOp): Step[] {
  const { logits, labels, classWeights: class_weights } = op.inputs
  const kernel = softmaxCrossEntropy(crossEntropyOptions(op))
  const partials = scratch(op, kernel.outputs.partials)
  return [
    step(op, kernel, { logits, labels, class_weights, log_sum_exp: op.logSumExp, partials }),
    step(op, softmaxCrossEntropyMerge(crossEntropyOptions(op)), { partials, loss: op.output }),
  ]
}
