import { resize } from '../../src/kernels/resizing/resize.ts'
import { type Plant, plantedArray4, type Shape4 } from '../reference/array4.ts'
import { tolerance } from '../reference/compare.ts'
import { resize as reference } from '../reference/resize.ts'
import { toGpu } from '../support/activations.ts'
import { activations } from '../support/expected.ts'
import type { KernelCase, KernelSuite } from '../support/kernel_suite.ts'

export interface ResizeCase extends KernelCase {
  input: Shape4
  height: number
  width: number
  alignCorners: boolean
  seed: number
  /** a NaN or an infinity in the input */
  plant?: Plant
}

const sizes: Omit<ResizeCase, 'alignCorners'>[] = [
  { name: 'one value', input: [1, 1, 1, 1], height: 1, width: 1, seed: 1 },
  { name: 'one pixel to a map, batch 3', input: [3, 1, 1, 21], height: 5, width: 7, seed: 1 },
  {
    name: 'one pixel to a small map, batch 2',
    input: [2, 1, 1, 3],
    height: 3,
    width: 4,
    seed: 1,
    answer: true,
  },
  { name: 'a map to one pixel', input: [1, 5, 7, 3], height: 1, width: 1, seed: 1 },
  { name: 'one row to a map', input: [1, 1, 7, 5], height: 9, width: 3, seed: 1 },
  { name: 'a map to one row', input: [1, 9, 7, 24], height: 1, width: 33, seed: 1 },
  { name: 'same size', input: [1, 17, 13, 3], height: 17, width: 13, seed: 1 },
  { name: 'twice, batch 3', input: [3, 9, 7, 5], height: 18, width: 14, seed: 1 },
  { name: 'two strips of rows, batch 2', input: [2, 4, 3, 5], height: 9, width: 4, seed: 1, answer: true },
  { name: 'enlarge by odd ratios, 24 channels', input: [1, 17, 13, 24], height: 33, width: 47, seed: 1 },
  { name: 'shrink by odd ratios', input: [1, 33, 33, 5], height: 17, width: 10, seed: 1 },
  { name: 'enlarge one way, shrink the other', input: [1, 7, 33, 21], height: 16, width: 12, seed: 1 },
  { name: '960 channels', input: [1, 5, 3, 960], height: 9, width: 6, seed: 1 },
  { name: 'aspp.pool to the map', input: [1, 1, 1, 256], height: 33, width: 33, seed: 1, bench: true },
  {
    name: 'logits of 21 classes to a quarter of the image',
    input: [1, 33, 33, 21],
    height: 129,
    width: 129,
    seed: 1,
    bench: true,
  },
  {
    name: 'decoder: 256 channels, 33 to 65',
    input: [1, 33, 33, 256],
    height: 65,
    width: 65,
    seed: 1,
    bench: true,
  },
]

/** With ratios that binary fractions hold exactly: no rounding decides which pixels a NaN or an infinity reaches. */
const nonFinite: ResizeCase[] = [
  {
    name: 'NaN',
    input: [1, 5, 5, 3],
    height: 9,
    width: 9,
    alignCorners: true,
    seed: 1,
    plant: { value: Number.NaN, at: [0, 2, 2, 1] },
  },
  {
    name: 'NaN',
    input: [1, 4, 4, 3],
    height: 8,
    width: 8,
    alignCorners: false,
    seed: 1,
    plant: { value: Number.NaN, at: [0, 0, 3, 1] },
  },
  {
    name: 'Inf',
    input: [1, 4, 4, 24],
    height: 8,
    width: 8,
    alignCorners: false,
    seed: 1,
    plant: { value: Number.POSITIVE_INFINITY, at: [0, 1, 2, 23] },
  },
]

const conventionOf = (test: { alignCorners: boolean }) => `${test.alignCorners ? 'corners' : 'edges'} aligned`

export const cases: ResizeCase[] = [
  ...[true, false].flatMap(alignCorners => sizes.map(test => ({ ...test, alignCorners }))),
  ...nonFinite,
].map(test => ({ ...test, name: `${test.name}, ${conventionOf(test)}` }))

export const suite: KernelSuite<ResizeCase> = {
  shader: 'resize',
  cases,
  run({ name: label, input: shape, height, width, alignCorners, seed, plant }) {
    const input = plantedArray4(shape, seed, plant)
    return {
      kernel: resize({ label, input: shape, height, width, alignCorners }),
      data: { input: toGpu(input) },
      expected: {
        output: activations(() => reference({ input, height, width, alignCorners }), { rtol: tolerance(4) }),
      },
    }
  },
}
