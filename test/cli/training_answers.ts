// The known answers of what only training runs, but for the gradients of convolution; for make_known_answers.ts.

import type { KnownAnswer } from '../../src/cli/doctor/kernel_check.ts'
import type { HostData } from '../../src/gpu/run_kernel.ts'
import type { ShaderName } from '../../src/gpu/shaders.gen.ts'
import { accumulateGradientsOf } from '../cases/accumulate_gradients.ts'
import { activationBackwardOf } from '../cases/activation_backward.ts'
import { batchNormBackwardOf } from '../cases/batch_norm_backward.ts'
import { batchNormStatisticsOf } from '../cases/batch_norm_statistics.ts'
import { dropoutOf } from '../cases/dropout.ts'
import { foldBatchNormBackwardOf } from '../cases/fold_batch_norm_backward.ts'
import { globalAveragePoolBackwardOf } from '../cases/global_average_pool_backward.ts'
import { maxPoolBackwardOf } from '../cases/max_pool_backward.ts'
import { resizeBackwardOf } from '../cases/resize_backward.ts'
import { sgdOf } from '../cases/sgd.ts'
import { sliceChannelsOf } from '../cases/slice_channels.ts'
import { softmaxCrossEntropyOf } from '../cases/softmax_cross_entropy.ts'
import { accumulateGradientsRun } from '../kernels/accumulate_gradients.ts'
import { activationBackwardRun } from '../kernels/activation_backward.ts'
import {
  batchNormBackwardInputRun,
  batchNormBackwardMergeRun,
  batchNormBackwardReduceRun,
  gradientPartials,
  sumsOf,
} from '../kernels/batch_norm_backward.ts'
import {
  batchNormMergeRun,
  batchNormStatisticsRun,
  statisticsPartials,
} from '../kernels/batch_norm_statistics.ts'
import { dropoutRun } from '../kernels/dropout.ts'
import { foldBatchNormBackwardRun } from '../kernels/fold_batch_norm_backward.ts'
import { globalAveragePoolBackwardRun } from '../kernels/global_average_pool_backward.ts'
import { maxPoolBackwardRun, maxPoolWinnersRun, winnersForGpu } from '../kernels/max_pool_backward.ts'
import { resizeBackwardRun } from '../kernels/resize_backward.ts'
import { sgdRun } from '../kernels/sgd.ts'
import { sliceChannelsRun } from '../kernels/slice_channels.ts'
import {
  softmaxCrossEntropyBackwardRun,
  softmaxCrossEntropyMergeRun,
  softmaxCrossEntropyRun,
} from '../kernels/softmax_cross_entropy.ts'
import { accumulateGradients } from '../reference/accumulate_gradients.ts'
import { activationBackward } from '../reference/activation_backward.ts'
import type { Shape4 } from '../reference/array4.ts'
import { batchNormBackward } from '../reference/batch_norm_backward.ts'
import { batchNormStatistics, updateRunning } from '../reference/batch_norm_statistics.ts'
import { dropout } from '../reference/dropout.ts'
import { foldBatchNormBackward } from '../reference/fold_batch_norm_backward.ts'
import { globalAveragePoolBackward } from '../reference/global_average_pool_backward.ts'
import { maxPoolBackward } from '../reference/max_pool_backward.ts'
import { resizeBackward } from '../reference/resize_backward.ts'
import { sgd } from '../reference/sgd.ts'
import { sliceChannels } from '../reference/slice_channels.ts'
import { softmaxCrossEntropy, softmaxCrossEntropyBackward } from '../reference/softmax_cross_entropy.ts'
import { padding } from '../reference/window.ts'
import { toGpu } from '../support/activations.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import { base64 } from './base64.ts'

const SHAPE: Shape4 = [2, 3, 4, 5]
/** More tiles than a workgroup has lanes, and more than one pixel in each. */
const TILED: Shape4 = [2, 9, 8, 3]
/** Of every case below: any other numbers would do as well. */
const test = { name: '', seed: 1 }

export const trainingAnswers = (): KnownAnswer[] => [
  ...batchNormStatisticsAnswers(),
  ...batchNormBackwardAnswers(),
  foldBatchNormBackwardAnswer(),
  activationBackwardAnswer(),
  ...maxPoolBackwardAnswers(),
  globalAveragePoolBackwardAnswer(),
  resizeBackwardAnswer(),
  sliceChannelsAnswer(),
  ...softmaxCrossEntropyAnswers(),
  dropoutAnswer(),
  accumulateGradientsAnswer(),
  sgdAnswer(),
]

function batchNormStatisticsAnswers(): KnownAnswer[] {
  const given = { ...test, input: TILED }
  const { input, running } = batchNormStatisticsOf(given)
  const statistics = batchNormStatistics(input)
  const { runningMean, runningVariance } = updateRunning(statistics, 2 * 9 * 8, running)
  return [
    answer('batch_norm_statistics', batchNormStatisticsRun(given), {
      options: { input: TILED },
      outputs: { partials: statisticsPartials(input) },
      fanIn: 2,
    }),
    answer('batch_norm_merge', batchNormMergeRun(given), {
      options: { input: TILED, momentum: running.momentum },
      outputs: { ...statistics, running_mean: runningMean, running_variance: runningVariance },
      fanIn: 2 * 9 * 8,
    }),
  ]
}

function batchNormBackwardAnswers(): KnownAnswer[] {
  const options = { input: TILED, epsilon: 1e-3, activation: 'relu' } as const
  const tiled = { ...test, ...options }
  const operands = batchNormBackwardOf(tiled)
  const { gammaGradient, betaGradient } = batchNormBackward(operands)
  const given = { ...tiled, input: SHAPE }
  const { inputGradient } = batchNormBackward(batchNormBackwardOf(given))
  return [
    answer('batch_norm_backward_reduce', batchNormBackwardReduceRun(tiled), {
      options,
      outputs: { partials: toGpu(gradientPartials(operands)) },
      fanIn: 2,
    }),
    answer('batch_norm_backward_merge', batchNormBackwardMergeRun(tiled), {
      options,
      outputs: {
        gamma_gradient: gammaGradient,
        beta_gradient: betaGradient,
        sums: toGpu(sumsOf(operands)),
      },
      fanIn: 2 * 9 * 8,
    }),
    answer('batch_norm_backward_input', batchNormBackwardInputRun(given), {
      options: { ...options, input: SHAPE },
      outputs: { input_gradient: toGpu(inputGradient) },
      fanIn: 4,
    }),
  ]
}

function activationBackwardAnswer(): KnownAnswer {
  const given = { ...test, shape: SHAPE, kind: 'relu6' } as const
  return answer('activation_backward', activationBackwardRun(given), {
    options: { shape: SHAPE, activation: 'relu6' },
    outputs: { input_gradient: toGpu(activationBackward(activationBackwardOf(given))) },
    fanIn: 1,
  })
}

/** Of whole vectors of channels: what the winners of others are does not matter. */
function maxPoolBackwardAnswers(): KnownAnswer[] {
  const options = { input: [2, 6, 5, 8], kernel: [3, 3], stride: 2, padding: padding(1) } as const
  const given = { ...test, ...options, ties: true }
  const operands = maxPoolBackwardOf(given)
  return [
    {
      ...answer('max_pool_winners', maxPoolWinnersRun(given), {
        options,
        outputs: { winners: winnersForGpu(operands) },
        fanIn: 1,
      }),
      type: 'u8',
    },
    answer('max_pool_backward', maxPoolBackwardRun(given), {
      options,
      outputs: { input_gradient: toGpu(maxPoolBackward(operands)) },
      fanIn: 4,
    }),
  ]
}

function globalAveragePoolBackwardAnswer(): KnownAnswer {
  const given = { ...test, input: SHAPE }
  return answer('global_average_pool_backward', globalAveragePoolBackwardRun(given), {
    options: { input: SHAPE },
    outputs: { input_gradient: toGpu(globalAveragePoolBackward(globalAveragePoolBackwardOf(given))) },
    fanIn: 1,
  })
}

function resizeBackwardAnswer(): KnownAnswer {
  const options = { input: [2, 4, 3, 5], height: 7, width: 5, alignCorners: false } as const
  const given = { ...test, ...options }
  return answer('resize_backward', resizeBackwardRun(given), {
    options,
    outputs: { input_gradient: toGpu(resizeBackward(resizeBackwardOf(given))) },
    fanIn: 7 * 5,
  })
}

function sliceChannelsAnswer(): KnownAnswer {
  const options = { input: SHAPE, slice: { offset: 1, channels: 3 } }
  return answer('slice_channels', sliceChannelsRun({ ...test, ...options }), {
    options,
    outputs: { output: toGpu(sliceChannels(sliceChannelsOf({ ...test, ...options }), 1, 3)) },
    fanIn: 1,
  })
}

function foldBatchNormBackwardAnswer(): KnownAnswer {
  const options = { weight: [9, 5, 1, 3], epsilon: 1e-3 } as const
  const given = { ...test, ...options, bias: false }
  const { weightGradient, gammaGradient } = foldBatchNormBackward(foldBatchNormBackwardOf(given))
  return answer('fold_batch_norm_backward', foldBatchNormBackwardRun(given), {
    options,
    outputs: { weight_gradient: weightGradient, gamma_gradient: gammaGradient },
    fanIn: 15,
  })
}

/** Of more label pixels than one workgroup has lanes. */
function softmaxCrossEntropyAnswers(): KnownAnswer[] {
  const size = { width: 11, alignCorners: false }
  const given = { ...test, ...size, logits: [2, 13, 2, 5], classWeights: true } as const
  const options = { ...size, input: given.logits, ignoreIndex: 255, classWeights: true }
  const operands = softmaxCrossEntropyOf(given)
  const { logSumExp, loss, weight } = softmaxCrossEntropy(operands)
  const merge = softmaxCrossEntropyMergeRun(given)
  return [
    answer('softmax_cross_entropy', softmaxCrossEntropyRun(given), {
      options,
      outputs: { log_sum_exp: logSumExp },
      fanIn: 5,
    }),
    answer('softmax_cross_entropy_merge', merge, {
      options: { ...size, input: given.logits },
      outputs: { loss: Float64Array.of(loss, 1 / weight) },
      fanIn: 2,
    }),
    answer('softmax_cross_entropy_backward', softmaxCrossEntropyBackwardRun(given), {
      options,
      outputs: { logits_gradient: toGpu(softmaxCrossEntropyBackward(operands)) },
      fanIn: 11,
    }),
  ]
}

function dropoutAnswer(): KnownAnswer {
  const options = { shape: SHAPE, p: 0.25, seed: 1 }
  const given = { ...test, ...options, step: 3 }
  return answer('dropout', dropoutRun(given), {
    options,
    outputs: { output: toGpu(dropout(dropoutOf(given))) },
    fanIn: 1,
  })
}

function accumulateGradientsAnswer(): KnownAnswer {
  const options = { count: 70, share: 0.25 }
  const given = { ...test, ...options }
  return answer('accumulate_gradients', accumulateGradientsRun(given), {
    options,
    outputs: { sums: accumulateGradients(accumulateGradientsOf(given)) },
    fanIn: 1,
  })
}

function sgdAnswer(): KnownAnswer {
  const options = { count: 70, multiplier: 10, momentum: 0.9, weightDecay: 1e-4 }
  const given = { ...test, ...options, learningRate: 0.05 }
  return answer('sgd', sgdRun(given), { options, outputs: { ...sgd(sgdOf(given)) }, fanIn: 1 })
}

interface Expected {
  options: object
  outputs: Record<string, Float32Array | Float64Array | Uint8Array>
  fanIn: number
}

/** What the case's kernel is given, and what the reference makes of it. */
const answer = (
  shader: ShaderName,
  { data }: KernelRun,
  { options, outputs, fanIn }: Expected,
): KnownAnswer => ({
  shaders: [shader],
  options,
  inputs: encoded(data),
  outputs: encoded(outputs),
  type: 'f32',
  fanIn,
})

const encoded = (arrays: Record<string, HostData | Float64Array>) =>
  Object.fromEntries(Object.entries(arrays).map(([name, values]) => [name, base64(values)]))
