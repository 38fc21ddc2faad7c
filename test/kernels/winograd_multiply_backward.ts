import type { AdapterTraits } from '../../src/bench/answers/kernel_check.ts'
import { winogradMultiplyBackward } from '../../src/kernels/winograd/winograd_multiply_backward.ts'
import { tolerance } from '../reference/compare.ts'
import { randomValues } from '../reference/random.ts'
import { winogradMultiplyBackward as reference } from '../reference/winograd.ts'
import { floats } from '../support/expected.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import type { KernelCases, KernelSuite } from '../support/kernel_suite.ts'
import { throughTextures } from '../support/through_textures.ts'
import { byVector, packedRows } from '../support/winograd_layout.ts'
import { casesWithAnswer, type WinogradCase, winogradOptions, winogradSizes } from './shared/winograd.ts'

/** Of random numbers: what they are values of does not matter here. */
function backwardRun(
  test: WinogradCase,
  { subgroupSize = 0 }: AdapterTraits,
  { accumulate }: { accumulate: boolean },
): KernelRun {
  const sizes = winogradSizes(test)
  const { points, tiles: count, inChannels, outChannels } = sizes
  const tiles = randomValues(points * count * inChannels, test.seed, Math.sqrt(3 / count))
  const gradients = randomValues(points * count * outChannels, test.seed + 1)
  const before = randomValues(points * inChannels * outChannels, test.seed + 2)
  const laid = (dense: Float64Array, channels: number) =>
    Float32Array.from(byVector(dense, { points, rows: count, channels }))
  const rows = (dense: Float64Array) => packedRows(dense, { points, inChannels, outChannels })
  const expected = () => {
    const products = reference(tiles, gradients, sizes)
    return rows(products.map((value, at) => value + (accumulate ? before[at] : 0)))
  }
  const columns = rows(before).length / points
  return {
    kernel: winogradMultiplyBackward({ ...winogradOptions(test), subgroupSize, accumulate }),
    data: {
      tiles: laid(tiles, inChannels),
      gradients: laid(gradients, outChannels),
      ...(accumulate && { sums: rows(before) }),
    },
    expected: { sums: floats(expected, { shape: [1, 1, points, columns], rtol: tolerance(count) }) },
  }
}

const all: KernelCases<WinogradCase> = {
  cases: casesWithAnswer(2),
  run: (test, adapter) => backwardRun(test, adapter, { accumulate: false }),
}

export const suite: KernelSuite<WinogradCase> = {
  shader: 'winograd_multiply_backward',
  needs: 'subgroups',
  ...all,
  variants: {
    ...throughTextures(all, ['tiles', 'gradients']),
    'added to the sums of other tiles': {
      cases: casesWithAnswer(2),
      run: (test, adapter) => backwardRun(test, adapter, { accumulate: true }),
    },
  },
}
