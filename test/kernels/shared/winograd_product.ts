// The products of Winograd's convolution, which four kernels compute.

import type { Kernel } from '../../../src/gpu/kernel.ts'
import { tolerance } from '../../reference/compare.ts'
import { randomValues } from '../../reference/random.ts'
import { winogradMultiply as reference } from '../../reference/winograd.ts'
import type { KernelRun } from '../../support/kernel_run.ts'
import { packedRows } from '../../support/winograd_layout.ts'
import { atPoints, type Layout, laid, type WinogradCase, winogradSizes } from './winograd.ts'

const products = new Map<string, Float64Array>()

/** The reference's products of a case. They are computed once for all kernels that are compared with them. */
function once({ answer: _, ...test }: WinogradCase, compute: () => Float64Array): Float64Array {
  const key = JSON.stringify(test)
  const found = products.get(key) ?? compute()
  products.set(key, found)
  return found
}

/** Of random numbers: what they are values of does not matter here. */
export function winogradProductRun(
  test: WinogradCase,
  kernel: Kernel,
  layout: Layout = 'by vector',
): KernelRun {
  const sizes = winogradSizes(test)
  const { points, tiles: rows, inChannels, outChannels } = sizes
  const tiles = randomValues(points * rows * inChannels, test.seed)
  const weight = randomValues(points * inChannels * outChannels, test.seed + 1, Math.sqrt(3 / inChannels))
  return {
    kernel,
    data: {
      tiles: laid(tiles, { points, rows, channels: inChannels }, layout),
      weight: packedRows(weight, { points, inChannels, outChannels }),
    },
    expected: {
      products: atPoints(
        () => once(test, () => reference(tiles, weight, sizes)),
        { points, rows, channels: outChannels, rtol: tolerance(inChannels) },
        layout,
      ),
    },
  }
}
