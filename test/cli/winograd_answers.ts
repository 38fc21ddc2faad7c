// The known answers of Winograd's kernels, for make_known_answers.ts: tiles of 4, the larger of the two that run most.

import type { KnownAnswer } from '../../src/cli/doctor/kernel_check.ts'
import type { ShaderName } from '../../src/gpu/shaders.gen.ts'
import { conv2dOf } from '../cases/conv2d.ts'
import { randomValues } from '../reference/random.ts'
import { padding } from '../reference/window.ts'
import {
  tilesOf,
  winogradInput,
  winogradMultiply,
  winogradMultiplyBackward,
  winogradOutput,
  winogradOutputBackward,
  winogradWeight,
  winogradWeightBackward,
} from '../reference/winograd.ts'
import { toGpu } from '../support/activations.ts'
import { byVector, packedRows } from '../support/winograd_layout.ts'
import { base64 } from './base64.ts'

const OUTPUTS = 4
const POINTS = 36
const [inChannels, outChannels] = [5, 9]
const test = {
  name: '',
  seed: 1,
  input: [2, 6, 5, inChannels],
  outChannels,
  kernel: [3, 3],
  stride: 1,
  dilation: 2,
  padding: padding(2),
  bias: 'channel',
  residual: true,
  activation: 'relu6',
} as const

export function winogradAnswers(): KnownAnswer[] {
  const conv = conv2dOf(test)
  // Eighths, of which every step is exact: tiles are sums of large numbers, and small differences of these have large errors.
  conv.input.data = conv.input.data.map(value => Math.round(value * 8) / 8)
  const tiles = tilesOf(conv, OUTPUTS)
  const count = tiles.length
  const atPoints = (dense: Float64Array, channels: number) =>
    base64(byVector(dense, { points: POINTS, rows: count, channels }))
  const weightAt = (dense: Float64Array) =>
    base64(packedRows(dense, { points: POINTS, inChannels, outChannels }))
  const values = winogradInput(conv, OUTPUTS, tiles)
  const weight = winogradWeight(conv.weight, OUTPUTS)
  const factors = randomValues(POINTS * count * inChannels, 2)
  const products = randomValues(POINTS * count * outChannels, 3)
  const outputGradient = {
    ...conv.residual!,
    data: conv.residual!.data.map(value => Math.round(value * 8) / 8),
  }
  const gradients = winogradOutputBackward(conv, OUTPUTS, { tiles, outputGradient })
  const sums = randomValues(POINTS * inChannels * outChannels, 4)
  const sizes = { points: POINTS, tiles: count, inChannels, outChannels }
  const options = { ...test, outputs: OUTPUTS, range: { first: 0, count } }
  return [
    answer(['winograd_input'], {
      options,
      inputs: { input: base64(toGpu(conv.input)) },
      outputs: { tiles: atPoints(values, inChannels) },
      fanIn: 1,
    }),
    answer(['winograd_weight'], {
      options: { weight: conv.weight.shape, outputs: OUTPUTS, bias: true },
      inputs: { weight: base64(conv.weight.data), bias: base64(conv.bias!) },
      outputs: {
        packed: weightAt(weight),
        packed_bias: base64(toGpu({ shape: [1, 1, 1, outChannels], data: conv.bias! })),
      },
      fanIn: 9,
    }),
    answer(['winograd_multiply', 'winograd_multiply_tiled'], {
      options,
      inputs: { tiles: atPoints(factors, inChannels), weight: weightAt(weight) },
      outputs: {
        products: atPoints(winogradMultiply(factors, weight, sizes), outChannels),
      },
      fanIn: inChannels,
    }),
    answer(['winograd_output'], {
      options,
      inputs: {
        products: atPoints(products, outChannels),
        bias: base64(toGpu({ shape: [1, 1, 1, outChannels], data: conv.bias! })),
        residual: base64(toGpu(conv.residual!)),
      },
      outputs: { output: base64(toGpu(winogradOutput(conv, OUTPUTS, { tiles, products }))) },
      fanIn: POINTS,
    }),
    answer(['winograd_output_backward'], {
      options,
      inputs: { output_gradient: base64(toGpu(outputGradient)) },
      outputs: { gradients: atPoints(gradients, outChannels) },
      fanIn: 1,
    }),
    answer(['winograd_multiply_backward'], {
      options: { ...options, accumulate: false },
      inputs: { tiles: atPoints(factors, inChannels), gradients: atPoints(products, outChannels) },
      outputs: { sums: weightAt(winogradMultiplyBackward(factors, products, sizes)) },
      fanIn: count,
    }),
    answer(['winograd_weight_backward'], {
      options: { inChannels, outChannels, outputs: OUTPUTS },
      inputs: { sums: weightAt(sums) },
      outputs: {
        weight_gradient: base64(winogradWeightBackward(sums, OUTPUTS, { inChannels, outChannels }).data),
      },
      fanIn: POINTS,
    }),
  ]
}

const answer = (shaders: ShaderName[], rest: Omit<KnownAnswer, 'shaders' | 'type'>): KnownAnswer => ({
  shaders,
  type: 'f32',
  ...rest,
})
