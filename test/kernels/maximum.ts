import { maximum } from '../../src/kernels/elementwise/maximum.ts'
import { type Plant, plantedArray4, randomArray4, type Shape4 } from '../reference/array4.ts'
import { maximum as reference } from '../reference/maximum.ts'
import { EXACT, toGpu } from '../support/activations.ts'
import { activations } from '../support/expected.ts'
import type { KernelCase, KernelSuite } from '../support/kernel_suite.ts'

export interface MaximumCase extends KernelCase {
  shape: Shape4
  seed: number
  /** a NaN or an infinity in the first operand, or in the second */
  plant?: Plant & { second?: true }
}

const at = (n: number, h: number, w: number, c: number): Shape4 => [n, h, w, c]

export const cases: MaximumCase[] = [
  { name: 'one value', shape: [1, 1, 1, 1], seed: 1 },
  { name: 'one row, 3 channels', shape: [1, 1, 7, 3], seed: 1 },
  { name: '5 channels, batch 2', shape: [2, 3, 4, 5], seed: 1, answer: true },
  { name: 'odd map, 21 channels, batch 3', shape: [3, 9, 7, 21], seed: 1 },
  { name: '960 channels', shape: [1, 5, 3, 960], seed: 1 },
  { name: 'NaN', shape: [1, 5, 3, 5], seed: 1, plant: { value: Number.NaN, at: at(0, 2, 1, 3) } },
  {
    ...{ name: 'NaN in the second', shape: [1, 5, 3, 24], seed: 1 },
    plant: { value: Number.NaN, at: at(0, 4, 2, 23), second: true },
  },
  {
    name: 'Inf',
    shape: [1, 5, 3, 5],
    seed: 1,
    plant: { value: Number.POSITIVE_INFINITY, at: at(0, 0, 0, 0) },
  },
  {
    name: '−Inf',
    shape: [1, 5, 3, 5],
    seed: 1,
    plant: { value: Number.NEGATIVE_INFINITY, at: at(0, 0, 0, 0) },
  },
  { name: 'deeplabv2: the logits of two scales', shape: [1, 65, 65, 21], seed: 1, bench: true },
]

/** Whole numbers, of which some are equal. */
export function maximumOf({ shape, seed, plant }: MaximumCase) {
  const [a, b] = [seed, seed + 1].map(each => {
    const { data } = randomArray4(shape, each, 3)
    return { shape, data: data.map(Math.round) }
  })
  if (plant) {
    const planted = plantedArray4(shape, seed, plant).data
    const { data } = plant.second ? b : a
    planted.forEach((value, i) => {
      if (!Number.isFinite(value)) data[i] = value
    })
  }
  return { a, b }
}

export const suite: KernelSuite<MaximumCase> = {
  shader: 'maximum',
  cases,
  run(test) {
    const operands = maximumOf(test)
    return {
      kernel: maximum({ label: test.name, shape: test.shape }),
      data: { a: toGpu(operands.a), b: toGpu(operands.b) },
      expected: { output: activations(() => reference(operands), EXACT) },
    }
  },
}
