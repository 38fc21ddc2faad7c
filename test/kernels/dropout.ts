import { dropout } from '../../src/kernels/elementwise/dropout.ts'
import { type Plant, plantedArray4, type Shape4 } from '../reference/array4.ts'
import { tolerance } from '../reference/compare.ts'
import { dropout as reference } from '../reference/dropout.ts'
import { toGpu } from '../support/activations.ts'
import { activations } from '../support/expected.ts'
import type { KernelCase, KernelSuite } from '../support/kernel_suite.ts'

interface Case extends KernelCase {
  shape: Shape4
  p: number
  /** of training */
  step: number
  seed: number
  /** a NaN or an infinity in the input */
  plant?: Plant
}

const cases: Case[] = [
  { name: 'one value', shape: [1, 1, 1, 1], p: 0.5, step: 0, seed: 1 },
  { name: '3 channels, batch 2', shape: [2, 1, 7, 3], p: 0.5, step: 1, seed: 2 },
  { name: '5 channels, batch 2, a quarter', shape: [2, 3, 4, 5], p: 0.25, step: 3, seed: 1, answer: true },
  { name: '5 channels, odd map', shape: [1, 17, 13, 5], p: 0.1, step: 30_000, seed: 1 },
  { name: '21 channels, batch 3, most dropped', shape: [3, 9, 7, 21], p: 0.9, step: 7, seed: 4_000_000_000 },
  { name: 'nothing dropped', shape: [1, 5, 3, 320], p: 0, step: 1, seed: 1 },
  {
    name: 'NaN',
    shape: [1, 5, 3, 24],
    p: 0.1,
    step: 2,
    seed: 1,
    plant: { value: Number.NaN, at: [0, 2, 1, 3] },
  },
  { name: 'aspp.dropout', shape: [1, 33, 33, 256], p: 0.5, step: 1, seed: 1, bench: true },
]

export const suite: KernelSuite<Case> = {
  shader: 'dropout',
  cases,
  run({ name: label, shape, p, step, seed, plant }) {
    const input = plantedArray4(shape, seed, plant)
    return {
      kernel: dropout({ label, shape, p, seed }),
      data: { input: toGpu(input), step: Uint32Array.of(step) },
      expected: {
        output: activations(() => reference({ input, p, step, seed }), { atol: 0, rtol: tolerance(1) }),
      },
    }
  },
}
