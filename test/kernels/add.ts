import { add } from '../../src/kernels/elementwise/add.ts'
import type { Activation } from '../reference/activation.ts'
import { add as reference } from '../reference/add.ts'
import { type Plant, plantedArray4, randomArray4, type Shape4 } from '../reference/array4.ts'
import { tolerance } from '../reference/compare.ts'
import { toGpu } from '../support/activations.ts'
import { activations } from '../support/expected.ts'
import type { KernelCase, KernelSuite } from '../support/kernel_suite.ts'

interface Case extends KernelCase {
  shape: Shape4
  activation: Activation
  seed: number
  /** a NaN or an infinity in the first operand */
  plant?: Plant
}

const cases: Case[] = [
  { name: 'one value', shape: [1, 1, 1, 1], activation: 'none', seed: 1 },
  { name: 'one row, 3 channels, relu', shape: [1, 1, 7, 3], activation: 'relu', seed: 1, answer: true },
  { name: 'one row, 5 channels', shape: [1, 1, 7, 5], activation: 'none', seed: 1, answer: true },
  { name: '5 channels, batch 2, relu6', shape: [2, 3, 4, 5], activation: 'relu6', seed: 1, answer: true },
  { name: 'odd map, 5 channels', shape: [1, 17, 13, 5], activation: 'none', seed: 1 },
  { name: '21 channels, batch 3, relu', shape: [3, 9, 7, 21], activation: 'relu', seed: 1 },
  { name: '24 channels, relu6', shape: [2, 8, 6, 24], activation: 'relu6', seed: 1 },
  { name: '960 channels', shape: [1, 5, 3, 960], activation: 'none', seed: 1 },
  {
    name: 'NaN, relu',
    shape: [1, 5, 3, 5],
    activation: 'relu',
    seed: 1,
    plant: { value: Number.NaN, at: [0, 2, 1, 3] },
  },
  {
    name: 'NaN, relu6',
    shape: [1, 5, 3, 24],
    activation: 'relu6',
    seed: 1,
    plant: { value: Number.NaN, at: [0, 4, 2, 23] },
  },
  {
    name: '−Inf',
    shape: [1, 5, 3, 5],
    activation: 'none',
    seed: 1,
    plant: { value: Number.NEGATIVE_INFINITY, at: [0, 0, 0, 0] },
  },
  { name: 'resnet50.layer1 shortcut', shape: [1, 129, 129, 256], activation: 'relu', seed: 1, bench: true },
]

export const suite: KernelSuite<Case> = {
  shader: 'add',
  cases,
  run({ name: label, shape, activation, seed, plant }) {
    // Some sums are beyond both bounds of relu6.
    const operands = { a: plantedArray4(shape, seed, plant), b: randomArray4(shape, seed + 1, 8), activation }
    return {
      kernel: add({ label, shape, activation }),
      data: { a: toGpu(operands.a), b: toGpu(operands.b) },
      expected: { output: activations(() => reference(operands), { rtol: tolerance(1) }) },
    }
  },
}
