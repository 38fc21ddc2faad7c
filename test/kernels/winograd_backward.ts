// The kernels that only the gradient of a weight by Winograd's tiles has, each against its own float64 reference.

import { winogradMultiplyBackward } from '../../src/kernels/winograd_multiply_backward.ts'
import { winogradOutputBackward } from '../../src/kernels/winograd_output_backward.ts'
import { winogradWeightBackward } from '../../src/kernels/winograd_weight_backward.ts'
import type { WinogradCase } from '../cases/winograd.ts'
import { randomArray4 } from '../reference/array4.ts'
import { expectClose, tolerance } from '../reference/compare.ts'
import { conv2dShape } from '../reference/conv2d.ts'
import { randomValues } from '../reference/random.ts'
import * as reference from '../reference/winograd.ts'
import { toGpu } from '../support/activations.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import { byVector, packedRows } from '../support/winograd_layout.ts'
import { expectAtPoints, gainOf, operandsOf, optionsOf } from './winograd.ts'

export function winogradOutputBackwardRun(test: WinogradCase): KernelRun {
  const { conv, tiles } = operandsOf(test)
  const outputGradient = randomArray4(conv2dShape(conv), test.seed + 4)
  const gain = gainOf(reference.transposed(reference.matrices[test.outputs].output))
  return {
    kernel: winogradOutputBackward(optionsOf(test)),
    data: { output_gradient: toGpu(outputGradient) },
    check: ({ gradients }) =>
      expectAtPoints(new Float32Array(gradients.buffer), {
        expected: reference.winogradOutputBackward(conv, test.outputs, { tiles, outputGradient }),
        rows: tiles.length,
        channels: test.outChannels,
        closeness: { atol: 2e-7 * gain, rtol: tolerance(1) },
      }),
  }
}

/** Of any numbers, added to what `sums` held. */
export function winogradMultiplyBackwardRun(
  test: WinogradCase,
  { subgroupSize = 0 }: { subgroupSize?: number },
  accumulate = false,
): KernelRun {
  const kernel = winogradMultiplyBackward({ ...optionsOf(test), subgroupSize, accumulate })
  const [inChannels, { outChannels }] = [test.input[3], test]
  const points = reference.matrices[test.outputs].input.length ** 2
  const { tiles: count } = kernel.params
  const tiles = randomValues(points * count * inChannels, test.seed, Math.sqrt(3 / count))
  const gradients = randomValues(points * count * outChannels, test.seed + 1)
  const before = randomValues(points * inChannels * outChannels, test.seed + 2)
  const laid = (dense: Float64Array, channels: number) =>
    Float32Array.from(byVector(dense, { points, rows: count, channels }))
  const rows = (dense: Float64Array) => packedRows(dense, { points, inChannels, outChannels })
  return {
    kernel,
    data: {
      tiles: laid(tiles, inChannels),
      gradients: laid(gradients, outChannels),
      ...(accumulate && { sums: rows(before) }),
    },
    check: ({ sums }) => {
      const sizes = { points, tiles: count, inChannels, outChannels }
      const products = reference.winogradMultiplyBackward(tiles, gradients, sizes)
      const expected = products.map((value, at) => value + (accumulate ? before[at] : 0))
      const packed = Float64Array.from(rows(expected))
      const shape = [1, 1, points, packed.length / points] as const
      expectClose(new Float32Array(sums.buffer), packed, { shape, rtol: tolerance(count) })
    },
  }
}

export function winogradWeightBackwardRun(test: WinogradCase): KernelRun {
  const { outputs, outChannels } = test
  const inChannels = test.input[3]
  const points = reference.matrices[outputs].weight.length ** 2
  const sums = randomValues(points * inChannels * outChannels, test.seed)
  return {
    kernel: winogradWeightBackward({ label: test.name, inChannels, outChannels, outputs }),
    data: { sums: packedRows(sums, { points, inChannels, outChannels }) },
    check: ({ weight_gradient }) => {
      const { shape, data } = reference.winogradWeightBackward(sums, outputs, { inChannels, outChannels })
      expectClose(new Float32Array(weight_gradient.buffer), data, { shape, rtol: tolerance(points) })
    },
  }
}
