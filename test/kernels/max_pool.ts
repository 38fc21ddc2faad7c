import { maxPool } from '../../src/kernels/pooling/max_pool.ts'
import { type Plant, plantedArray4, type Shape4 } from '../reference/array4.ts'
import { type MaxPool, maxPool as reference } from '../reference/max_pool.ts'
import { type Padding, padding, paddingOf } from '../reference/window.ts'
import { EXACT, toGpu } from '../support/activations.ts'
import { activations } from '../support/expected.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import type { KernelCase, KernelSuite } from '../support/kernel_suite.ts'

export interface MaxPoolCase extends KernelCase {
  input: Shape4
  kernel: readonly [kh: number, kw: number]
  stride: number
  padding: Padding | 'same'
  seed: number
  /** a NaN or an infinity in the input */
  plant?: Plant
}

/** What a case is unless it says otherwise: ResNet's pool. */
const plain = { kernel: [3, 3], stride: 2, padding: padding(1), seed: 1 } as const

export const cases: MaxPoolCase[] = [
  { ...plain, name: 'one pixel, one channel', input: [1, 1, 1, 1] },
  { ...plain, name: 'one row', input: [1, 1, 7, 3] },
  { ...plain, name: 'odd map, batch 3', input: [3, 17, 13, 5] },
  { ...plain, name: 'even map', input: [1, 16, 12, 21] },
  { ...plain, name: '8 channels, batch 2', input: [2, 6, 5, 8], answer: true },
  { ...plain, name: 'two strips of rows, 4 channels', input: [1, 33, 3, 4], answer: true },
  { ...plain, name: 'stride 1', input: [1, 9, 7, 24], stride: 1 },
  { ...plain, name: 'stride 1, 4 channels', input: [1, 4, 5, 4], stride: 1, answer: true },
  {
    ...plain,
    name: '2×2 without padding: the last row and column are left out',
    input: [1, 9, 7, 3],
    kernel: [2, 2],
    padding: padding(0),
  },
  {
    ...plain,
    name: '5×1, batch 2',
    input: [2, 9, 7, 3],
    kernel: [5, 1],
    padding: { top: 2, bottom: 2, left: 0, right: 0 },
  },
  { ...plain, name: 'SAME, even map: asymmetric', input: [1, 16, 12, 24], padding: 'same' },
  {
    ...plain,
    name: '3×3, the last windows reach two pixels past the map',
    input: [1, 8, 6, 5],
    padding: { top: 1, bottom: 2, left: 1, right: 2 },
  },
  {
    ...plain,
    name: '2×2, the last windows reach past the map, batch 2',
    input: [2, 9, 7, 3],
    kernel: [2, 2],
    padding: { top: 0, bottom: 1, left: 0, right: 1 },
  },
  { ...plain, name: '960 channels', input: [1, 5, 7, 960] },
  { ...plain, name: 'NaN', input: [1, 9, 9, 5], plant: { value: Number.NaN, at: [0, 4, 5, 2] } },
  {
    ...plain,
    name: 'NaN first in its window',
    input: [1, 9, 9, 24],
    plant: { value: Number.NaN, at: [0, 0, 0, 0] },
  },
  {
    ...plain,
    name: 'Inf',
    input: [1, 9, 9, 5],
    plant: { value: Number.POSITIVE_INFINITY, at: [0, 4, 5, 2] },
  },
  {
    ...plain,
    name: '−Inf alone in its window',
    input: [1, 1, 1, 3],
    plant: { value: Number.NEGATIVE_INFINITY, at: [0, 0, 0, 1] },
  },
  { ...plain, name: 'resnet50.maxpool', input: [1, 257, 257, 64], bench: true },
]

/** The operands of a case, made from its seed. */
export function maxPoolOf({ input, kernel, stride, padding, seed, plant }: MaxPoolCase): MaxPool {
  return {
    input: plantedArray4(input, seed, plant),
    kernel,
    stride,
    padding: paddingOf({ input, kernel, stride, dilation: 1, padding }),
  }
}

export const suite: KernelSuite<MaxPoolCase> = {
  shader: 'max_pool',
  cases,
  run: test => poolRun(test),
  variants: {
    "in a hardware GPU's strips": {
      cases: [{ ...plain, name: 'many low strips', input: [2, 23, 9, 5] }],
      run: test => poolRun(test, true),
    },
  },
}

function poolRun(test: MaxPoolCase, onGpu = false): KernelRun {
  const operands = maxPoolOf(test)
  const { input, kernel, stride, padding } = operands
  return {
    kernel: maxPool({ label: test.name, input: input.shape, kernel, stride, padding, onGpu }),
    data: { input: toGpu(input) },
    expected: { output: activations(() => reference(operands), EXACT) },
  }
}
