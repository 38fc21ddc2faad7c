import {
  batchNormBackwardInput,
  batchNormBackwardMerge,
  batchNormBackwardReduce,
} from '../../src/kernels/batch_norm_backward.ts'
import { type BatchNormBackwardCase, batchNormBackwardOf } from '../cases/batch_norm_backward.ts'
import type { Array4 } from '../reference/array4.ts'
import {
  type BatchNormBackward,
  batchNormBackward as reference,
  throughActivation,
} from '../reference/batch_norm_backward.ts'
import { expectClose, tolerance } from '../reference/compare.ts'
import { fromGpu, toGpu } from '../support/activations.ts'
import { expectChannels } from '../support/channels.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import { tilesOf } from './batch_norm_statistics.ts'

/** The sums over every tile. */
export function batchNormBackwardReduceRun(test: BatchNormBackwardCase): KernelRun {
  const operands = batchNormBackwardOf(test)
  return {
    kernel: batchNormBackwardReduce({ activation: 'none', ...test, label: test.name }),
    data: given(operands),
    check: ({ partials }) => {
      const { shape, data } = gradientPartials(operands)
      const fanIn = tilesOf(operands.input)[0].shape[2]
      expectClose(fromGpu(partials, shape), data, { shape, rtol: tolerance(fanIn) })
    },
  }
}

/** What both kernels read that look at every pixel. */
const given = ({ input, outputGradient, gamma, beta, mean, variance }: BatchNormBackward) => ({
  input: toGpu(input),
  output_gradient: toGpu(outputGradient),
  gamma: Float32Array.from(gamma),
  beta: Float32Array.from(beta),
  mean: Float32Array.from(mean),
  variance: Float32Array.from(variance),
})

/** Partials that the reference makes, added up. */
export function batchNormBackwardMergeRun(test: BatchNormBackwardCase): KernelRun {
  const operands = batchNormBackwardOf(test)
  const { input, epsilon } = test
  return {
    kernel: batchNormBackwardMerge({ label: test.name, input, epsilon }),
    data: { partials: toGpu(gradientPartials(operands)), variance: Float32Array.from(operands.variance) },
    check: ({ gamma_gradient, beta_gradient, sums }) => {
      const { gammaGradient, betaGradient } = reference(operands)
      const rtol = tolerance(input[0] * input[1] * input[2])
      expectChannels(gamma_gradient, gammaGradient, rtol)
      expectChannels(beta_gradient, betaGradient, rtol)
      const both = sumsOf(operands)
      expectClose(fromGpu(sums, both.shape), both.data, { shape: both.shape, rtol })
    },
  }
}

/** The gradient of the input. */
export function batchNormBackwardInputRun(test: BatchNormBackwardCase): KernelRun {
  const operands = batchNormBackwardOf(test)
  const { input: shape } = test
  const { inputGradient } = reference(operands)
  return {
    kernel: batchNormBackwardInput({ activation: 'none', ...test, label: test.name }),
    data: { ...given(operands), sums: toGpu(sumsOf(operands)) },
    check: ({ input_gradient }) =>
      expectClose(fromGpu(input_gradient, shape), inputGradient.data, { shape, rtol: tolerance(4) }),
  }
}

/** What merging leaves for the input's gradient, [2, c]. */
export function sumsOf(operands: BatchNormBackward): Array4 {
  const { gammaGradient, betaGradient } = reference(operands)
  const data = Float64Array.of(...betaGradient, ...gammaGradient)
  return { shape: [1, 1, 2, betaGradient.length], data }
}

/** The sums of every tile, [tiles, 2, c]: with γ and the deviation 1, the gradients of β and γ are the sums that a tile is asked for. */
export function gradientPartials(operands: BatchNormBackward): Array4 {
  const { input, mean } = operands
  const outputGradient = throughActivation(operands)
  const channels = input.shape[3]
  const ones = new Float64Array(channels).fill(1)
  const gradients = tilesOf(outputGradient)
  const rows = tilesOf(input).flatMap((tile, i) => {
    const unscaled = { gamma: ones, beta: ones, mean, variance: ones, epsilon: 0 }
    const { gammaGradient, betaGradient } = reference({
      input: tile,
      outputGradient: gradients[i],
      ...unscaled,
    })
    return [betaGradient, gammaGradient]
  })
  return { shape: [1, 1, rows.length, channels], data: Float64Array.from(rows.flatMap(row => [...row])) }
}
