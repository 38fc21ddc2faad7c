import { frameMean } from '../../src/kernels/video/frame_mean.ts'
import { type Plant, plantedArray4, randomArray4, type Shape4 } from '../reference/array4.ts'
import { tolerance } from '../reference/compare.ts'
import { frameMean as reference } from '../reference/frame_mean.ts'
import { toGpu } from '../support/activations.ts'
import { activations } from '../support/expected.ts'
import type { KernelCase, KernelSuite } from '../support/kernel_suite.ts'

interface Case extends KernelCase {
  shape: Shape4
  share: number
  /** a NaN in the mean */
  plant?: Plant
}

export const suite: KernelSuite<Case> = {
  shader: 'frame_mean',
  cases: [
    { name: 'one value', shape: [1, 1, 1, 1], share: 0.5 },
    { name: 'one row, 3 classes', shape: [1, 1, 7, 3], share: 0.35, answer: true },
    { name: 'an odd map, 5 classes', shape: [1, 17, 13, 5], share: 0.7 },
    { name: '21 classes', shape: [1, 9, 7, 21], share: 0.1 },
    { name: 'a share of 1', shape: [1, 5, 3, 5], share: 1, answer: true },
    {
      name: 'a share of 1 after NaN',
      shape: [1, 5, 3, 5],
      share: 1,
      plant: { value: Number.NaN, at: [0, 2, 1, 3] },
    },
    {
      name: 'NaN stays',
      shape: [1, 5, 3, 5],
      share: 0.5,
      plant: { value: Number.NaN, at: [0, 2, 1, 3] },
    },
    { name: 'decoder of 150 classes', shape: [1, 129, 129, 150], share: 0.5, bench: true },
  ],
  run({ name: label, shape, share, plant }) {
    const frame = randomArray4(shape, 1)
    const mean = plantedArray4(shape, 2, plant)
    return {
      kernel: frameMean({ label, shape }),
      data: { frame: toGpu(frame), share: Float32Array.of(share), mean: toGpu(mean) },
      expected: { mean: activations(() => reference({ frame, mean, share }), { rtol: tolerance(1) }) },
    }
  },
}
