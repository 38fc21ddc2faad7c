import { crop } from '../../src/kernels/resizing/crop.ts'
import { type Plant, plantedArray4, type Shape4 } from '../reference/array4.ts'
import { crop as reference } from '../reference/crop.ts'
import { EXACT, toGpu } from '../support/activations.ts'
import { activations } from '../support/expected.ts'
import type { KernelCase, KernelSuite } from '../support/kernel_suite.ts'

interface Case extends KernelCase {
  input: Shape4
  /** of the output */
  size: readonly [height: number, width: number]
  top: number
  left: number
  seed: number
  /** a NaN or an infinity in the input */
  plant?: Plant
}

const cases: Case[] = [
  { name: 'all of it', input: [1, 3, 5, 3], size: [3, 5], top: 0, left: 0, seed: 1 },
  { name: 'one pixel, one channel', input: [1, 7, 5, 1], size: [1, 1], top: 3, left: 4, seed: 1 },
  { name: 'odd map, batch 3', input: [3, 17, 13, 5], size: [9, 4], top: 5, left: 7, seed: 1 },
  { name: '8 channels, batch 2', input: [2, 6, 7, 8], size: [3, 4], top: 2, left: 1, seed: 1, answer: true },
  { name: '21 channels, one row', input: [1, 9, 7, 21], size: [1, 7], top: 8, left: 0, seed: 1 },
  {
    name: 'the gradient of a crop, batch 2',
    input: [2, 3, 4, 4],
    size: [7, 9],
    top: -2,
    left: -3,
    seed: 1,
  },
  {
    name: 'past the ends, batch 2',
    input: [2, 3, 4, 4],
    size: [4, 5],
    top: 1,
    left: 2,
    seed: 1,
    answer: true,
  },
  { name: 'the gradient of a crop to an end', input: [1, 5, 3, 3], size: [9, 7], top: -4, left: -4, seed: 1 },
  { name: 'past all ends', input: [1, 2, 2, 24], size: [5, 6], top: -1, left: -2, seed: 1 },
  { name: 'beside the map', input: [1, 3, 3, 4], size: [2, 2], top: 3, left: -2, seed: 1 },
  {
    ...{ name: 'NaN beside the rectangle', input: [1, 4, 4, 4], size: [2, 2], top: 2, left: 1, seed: 1 },
    plant: { value: Number.NaN, at: [0, 1, 1, 2] },
  },
  {
    ...{ name: 'Inf in the rectangle', input: [1, 4, 4, 4], size: [2, 2], top: 1, left: 1, seed: 1 },
    plant: { value: Number.POSITIVE_INFINITY, at: [0, 1, 1, 2] },
  },
  {
    name: 'fcn8s: the logits',
    input: [1, 568, 568, 21],
    size: [500, 500],
    top: 31,
    left: 31,
    seed: 1,
    bench: true,
  },
]

export const suite: KernelSuite<Case> = {
  shader: 'crop',
  cases,
  run({ name: label, input: shape, size: [height, width], top, left, seed, plant }) {
    const input = plantedArray4(shape, seed, plant)
    return {
      kernel: crop({ label, input: shape, height, width, top, left }),
      data: { input: toGpu(input) },
      expected: { output: activations(() => reference({ input, height, width, top, left }), EXACT) },
    }
  },
}
