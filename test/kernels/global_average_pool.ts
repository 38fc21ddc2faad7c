import { globalAveragePool } from '../../src/kernels/pooling/global_average_pool.ts'
import { type Plant, plantedArray4, type Shape4 } from '../reference/array4.ts'
import { tolerance } from '../reference/compare.ts'
import { globalAveragePool as reference } from '../reference/global_average_pool.ts'
import { toGpu } from '../support/activations.ts'
import { activations } from '../support/expected.ts'
import type { KernelCase, KernelSuite } from '../support/kernel_suite.ts'

export interface GlobalAveragePoolCase extends KernelCase {
  input: Shape4
  seed: number
  /** a NaN or an infinity in the input */
  plant?: Plant
}

export const cases: GlobalAveragePoolCase[] = [
  { name: 'one value', input: [1, 1, 1, 1], seed: 1 },
  { name: 'one pixel, 960 channels, batch 3', input: [3, 1, 1, 960], seed: 1 },
  { name: 'two pixels, 36 channels, batch 2', input: [2, 1, 2, 36], seed: 1, answer: true },
  { name: 'one row, 3 channels', input: [1, 1, 7, 3], seed: 1 },
  { name: '63 pixels, 5 channels, batch 2', input: [2, 7, 9, 5], seed: 1, answer: true },
  { name: 'odd map, 5 channels', input: [1, 17, 13, 5], seed: 1 },
  { name: '21 channels, batch 3', input: [3, 9, 33, 21], seed: 1 },
  { name: '24 channels, a map longer than a workgroup', input: [1, 65, 65, 24], seed: 1 },
  {
    name: 'NaN in one map of two',
    input: [2, 5, 7, 5],
    seed: 1,
    plant: { value: Number.NaN, at: [1, 2, 3, 4] },
  },
  {
    name: '−Inf',
    input: [1, 5, 7, 24],
    seed: 1,
    plant: { value: Number.NEGATIVE_INFINITY, at: [0, 4, 6, 23] },
  },
  { name: 'aspp.pool, output stride 16', input: [1, 33, 33, 2048], seed: 1, bench: true },
  { name: 'aspp.pool of MobileNetV2, batch 3', input: [3, 33, 33, 320], seed: 1, bench: true },
]

export const suite: KernelSuite<GlobalAveragePoolCase> = {
  shader: 'global_average_pool',
  cases,
  run({ name: label, input: shape, seed, plant }) {
    const input = plantedArray4(shape, seed, plant)
    const [, h, w] = shape
    return {
      kernel: globalAveragePool({ label, input: shape }),
      data: { input: toGpu(input) },
      expected: { output: activations(() => reference(input), { rtol: tolerance(h * w) }) },
    }
  },
}
