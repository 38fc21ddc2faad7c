// The kernels of Winograd's convolution, each against its own float64 reference.

import type { Kernel } from '../../src/gpu/kernel.ts'
import { unpadChannels, vectors } from '../../src/kernels/layout.ts'
import { type WinogradStepOptions, winogradTiles } from '../../src/kernels/winograd.ts'
import { winogradInput } from '../../src/kernels/winograd_input.ts'
import { winogradMultiply } from '../../src/kernels/winograd_multiply.ts'
import { winogradMultiplyTiled } from '../../src/kernels/winograd_multiply_tiled.ts'
import { winogradOutput } from '../../src/kernels/winograd_output.ts'
import { winogradWeight } from '../../src/kernels/winograd_weight.ts'
import { randomStatistics } from '../cases/batch_norm.ts'
import { conv2dOf } from '../cases/conv2d.ts'
import type { WinogradCase } from '../cases/winograd.ts'
import type { Weight } from '../reference/array4.ts'
import { expectClose, tolerance } from '../reference/compare.ts'
import { conv2dShape } from '../reference/conv2d.ts'
import { foldBatchNorm } from '../reference/fold_batch_norm.ts'
import { packTransposed } from '../reference/pack_transposed.ts'
import { randomValues } from '../reference/random.ts'
import type { Outputs } from '../reference/winograd.ts'
import * as reference from '../reference/winograd.ts'
import { fromGpu, toGpu } from '../support/activations.ts'
import { expectChannels } from '../support/channels.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import { byVector, packedRows } from '../support/winograd_layout.ts'

export function winogradInputRun(test: WinogradCase): KernelRun {
  const { conv, tiles } = operandsOf(test)
  const gain = gainOf(reference.matrices[test.outputs].input)
  return {
    kernel: winogradInput(optionsOf(test)),
    data: { input: toGpu(conv.input) },
    check: outputs =>
      expectAtPoints(new Float32Array(outputs.tiles.buffer), {
        expected: reference.winogradInput(conv, test.outputs, tiles),
        rows: tiles.length,
        channels: test.input[3],
        closeness: { atol: 2e-7 * gain, rtol: tolerance(1) },
      }),
  }
}

/** What is folded into a weight, and which of two convolutions it is for: the layer's own, unless it says. */
export interface WeightOf {
  batchNorm?: boolean
  ofGradient?: boolean
  inputChannels?: { from: number; to: number }
}

export function winogradWeightRun(
  test: WinogradCase,
  { batchNorm = false, ofGradient = false, inputChannels }: WeightOf = {},
): KernelRun {
  const { weight, bias } = conv2dOf(test)
  const { outputs, outChannels } = test
  const given = ofGradient || test.bias !== 'channel' ? undefined : bias
  const statistics = batchNorm ? randomStatistics(outChannels, test.seed + 8, 1e-3) : undefined
  const kernel = winogradWeight({
    label: test.name,
    weight: weight.shape,
    outputs,
    ofGradient,
    inputChannels,
    epsilon: statistics?.epsilon,
    bias: given !== undefined,
  })
  const { gamma, beta, mean, variance } = statistics ?? {}
  const vectorsRead = { gamma, variance, ...(!ofGradient && { beta, mean }), bias: given }
  const data = Object.entries({ weight: weight.data, ...vectorsRead }).flatMap(([name, values]) =>
    values ? [[name, Float32Array.from(values)] as const] : [],
  )
  return {
    kernel,
    data: Object.fromEntries(data),
    check: ({ packed, packed_bias }) => {
      const folded = statistics
        ? foldBatchNorm({ weight, bias: given, ...statistics })
        : { weight, bias: given ?? new Float64Array(outChannels) }
      const taken = inputChannels ? someInputs(folded.weight, inputChannels) : folded.weight
      expectWeightAtPoints(packed, ofGradient ? packTransposed(taken) : taken, outputs)
      const channels = ofGradient ? test.input[3] : outChannels
      const expected = ofGradient ? new Float64Array(channels) : folded.bias
      expectChannels(packed_bias, padded(expected), tolerance(1))
    },
  }
}

const someInputs = (
  { shape: [out, channels, kernelH, kernelW], data }: Weight,
  { from, to }: { from: number; to: number },
): Weight => ({
  shape: [out, to - from, kernelH, kernelW],
  data: data.filter((_, at) => {
    const channel = Math.floor(at / (kernelH * kernelW)) % channels
    return channel >= from && channel < to
  }),
})

/** With zeros up to whole vectors. */
function padded(values: Float64Array): Float64Array {
  const whole = new Float64Array(vectors(values.length) * 4)
  whole.set(values)
  return whole
}

function expectWeightAtPoints(actual: Uint8Array<ArrayBuffer>, weight: Weight, outputs: Outputs): void {
  const [outChannels, inChannels] = weight.shape
  const gain = gainOf(reference.matrices[outputs].weight)
  const largest = weight.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  const dense = reference.winogradWeight(weight, outputs)
  const points = dense.length / (inChannels * outChannels)
  const expected = Float64Array.from(packedRows(dense, { points, inChannels, outChannels }))
  const shape = [1, 1, points, expected.length / points] as const
  const atol = 2e-7 * gain * largest
  expectClose(new Float32Array(actual.buffer), expected, { shape, atol, rtol: tolerance(1) })
}

export const winogradMultiplyRun = (
  test: WinogradCase,
  { subgroupSize = 0 }: { subgroupSize?: number },
): KernelRun => multiplyRun(test, winogradMultiply({ ...optionsOf(test), subgroupSize }))

export const winogradMultiplyTiledRun = (test: WinogradCase): KernelRun =>
  multiplyRun(test, winogradMultiplyTiled(optionsOf(test)))

/** Of any numbers: what they are values of does not matter here. */
function multiplyRun(test: WinogradCase, kernel: Kernel): KernelRun {
  const [inChannels, { outChannels }] = [test.input[3], test]
  const points = reference.matrices[test.outputs].input.length ** 2
  const { tiles: count } = kernel.params
  const tiles = randomValues(points * count * inChannels, test.seed)
  const weight = randomValues(points * inChannels * outChannels, test.seed + 1, Math.sqrt(3 / inChannels))
  return {
    kernel,
    data: {
      tiles: Float32Array.from(byVector(tiles, { points, rows: count, channels: inChannels })),
      weight: packedRows(weight, { points, inChannels, outChannels }),
    },
    check: ({ products }) => {
      const sizes = { points, tiles: count, inChannels, outChannels }
      expectAtPoints(new Float32Array(products.buffer), {
        expected: reference.winogradMultiply(tiles, weight, sizes),
        rows: count,
        channels: outChannels,
        closeness: { rtol: tolerance(inChannels) },
      })
    },
  }
}

export function winogradOutputRun(test: WinogradCase): KernelRun {
  const { conv, tiles } = operandsOf(test)
  const { outputs, outChannels } = test
  const points = reference.matrices[outputs].input.length ** 2
  const products = randomValues(points * tiles.length * outChannels, test.seed + 7)
  const bias = conv.imageBias ?? conv.bias ?? new Float64Array(outChannels)
  const biasShape = [bias.length / outChannels, 1, 1, outChannels] as const
  return {
    kernel: winogradOutput(optionsOf(test)),
    data: {
      products: Float32Array.from(byVector(products, { points, rows: tiles.length, channels: outChannels })),
      bias: toGpu({ shape: biasShape, data: bias }),
      ...(conv.residual && { [test.residual === 'in place' ? 'output' : 'residual']: toGpu(conv.residual) }),
    },
    check: ({ output }) => {
      const expected = reference.winogradOutput(conv, outputs, { tiles, products })
      const shape = conv2dShape(conv)
      // Of some of the tiles: the others' outputs are as the run poisoned them, padding lanes too.
      const actual = test.range
        ? unpadChannels(new Float32Array(output.buffer), shape)
        : fromGpu(output, shape)
      expectClose(actual, expected.data, { shape, rtol: tolerance(points) })
    },
  }
}

export function optionsOf(test: WinogradCase): WinogradStepOptions {
  const conv = conv2dOf(test)
  const options = { ...test, label: test.name, padding: conv.padding }
  return { ...options, range: test.range ?? { first: 0, count: winogradTiles(options).total } }
}

export function operandsOf(test: WinogradCase) {
  const conv = conv2dOf(test)
  const all = reference.tilesOf(conv, test.outputs)
  const { first, count } = test.range ?? { first: 0, count: all.length }
  return { conv, tiles: all.slice(first, first + count) }
}

/** How much larger than its inputs a transform down and along can be: rounding errors are as many times larger. */
export const gainOf = (matrix: number[][]): number =>
  Math.max(...matrix.map(row => row.reduce((sum, value) => sum + Math.abs(value), 0))) ** 2

interface AtPoints {
  /** [points, rows, channels] */
  expected: Float64Array
  rows: number
  channels: number
  closeness: { atol?: number; rtol: number }
}

export function expectAtPoints(
  actual: Float32Array,
  { expected, rows, channels, closeness }: AtPoints,
): void {
  const points = expected.length / (rows * channels)
  const shape = [points, vectors(channels), rows, 4] as const
  expectClose(actual, byVector(expected, { points, rows, channels }), { shape, ...closeness })
}
