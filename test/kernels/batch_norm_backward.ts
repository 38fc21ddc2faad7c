import {
  batchNormBackwardInput,
  batchNormBackwardMerge,
  batchNormBackwardReduce,
} from '../../src/kernels/batch_norm_backward.ts'
import { type BatchNormBackwardCase, batchNormBackwardOf } from '../cases/batch_norm_backward.ts'
import type { Array4 } from '../reference/array4.ts'
import { type BatchNormBackward, batchNormBackward as reference } from '../reference/batch_norm_backward.ts'
import { expectClose, tolerance } from '../reference/compare.ts'
import { fromGpu, toGpu } from '../support/activations.ts'
import { expectChannels } from '../support/channels.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import { tilesOf } from './batch_norm_statistics.ts'

/** The sums over every tile. */
export function batchNormBackwardReduceRun(test: BatchNormBackwardCase): KernelRun {
  const operands = batchNormBackwardOf(test)
  return {
    kernel: batchNormBackwardReduce({ label: test.name, input: test.input }),
    data: {
      input: toGpu(operands.input),
      output_gradient: toGpu(operands.outputGradient),
      mean: Float32Array.from(operands.mean),
    },
    check: ({ partials }) => {
      const { shape, data } = gradientPartials(operands)
      const fanIn = tilesOf(operands.input)[0].shape[2]
      expectClose(fromGpu(partials, shape), data, { shape, rtol: tolerance(fanIn) })
    },
  }
}

/** Partials that the reference makes, added up. */
export function batchNormBackwardMergeRun(test: BatchNormBackwardCase): KernelRun {
  const operands = batchNormBackwardOf(test)
  const { input, epsilon } = test
  return {
    kernel: batchNormBackwardMerge({ label: test.name, input, epsilon }),
    data: { partials: toGpu(gradientPartials(operands)), variance: Float32Array.from(operands.variance) },
    check: ({ gamma_gradient, beta_gradient }) => {
      const { gammaGradient, betaGradient } = reference(operands)
      const rtol = tolerance(input[0] * input[1] * input[2])
      expectChannels(gamma_gradient, gammaGradient, rtol)
      expectChannels(beta_gradient, betaGradient, rtol)
    },
  }
}

/** The gradient of the input. */
export function batchNormBackwardInputRun(test: BatchNormBackwardCase): KernelRun {
  const operands = batchNormBackwardOf(test)
  const { input: shape, epsilon } = test
  const { inputGradient, gammaGradient, betaGradient } = reference(operands)
  return {
    kernel: batchNormBackwardInput({ label: test.name, input: shape, epsilon }),
    data: {
      input: toGpu(operands.input),
      output_gradient: toGpu(operands.outputGradient),
      gamma: Float32Array.from(operands.gamma),
      mean: Float32Array.from(operands.mean),
      variance: Float32Array.from(operands.variance),
      gamma_gradient: Float32Array.from(gammaGradient),
      beta_gradient: Float32Array.from(betaGradient),
    },
    check: ({ input_gradient }) =>
      expectClose(fromGpu(input_gradient, shape), inputGradient.data, { shape, rtol: tolerance(4) }),
  }
}

/** The sums of every tile, [tiles, 2, c]: with γ and the deviation 1, the gradients of β and γ are the sums that a tile is asked for. */
export function gradientPartials({ input, outputGradient, mean }: BatchNormBackward): Array4 {
  const channels = input.shape[3]
  const ones = new Float64Array(channels).fill(1)
  const gradients = tilesOf(outputGradient)
  const rows = tilesOf(input).flatMap((tile, i) => {
    const unscaled = { gamma: ones, mean, variance: ones, epsilon: 0 }
    const { gammaGradient, betaGradient } = reference({
      input: tile,
      outputGradient: gradients[i],
      ...unscaled,
    })
    return [betaGradient, gammaGradient]
  })
  return { shape: [1, 1, rows.length, channels], data: Float64Array.from(rows.flatMap(row => [...row])) }
}
