import { activation } from '../../src/kernels/elementwise/activation.ts'
import { type Activation, activation as reference } from '../reference/activation.ts'
import { type Plant, plantedArray4, type Shape4 } from '../reference/array4.ts'
import { EXACT, toGpu } from '../support/activations.ts'
import { activations } from '../support/expected.ts'
import type { KernelCase, KernelSuite } from '../support/kernel_suite.ts'

interface Case extends KernelCase {
  input: Shape4
  kind: Activation
  seed: number
  /** a NaN or an infinity in the input */
  plant?: Plant
}

const inputs: Omit<Case, 'kind'>[] = [
  { name: 'one value', input: [1, 1, 1, 1], seed: 1 },
  { name: 'one row, 3 channels', input: [1, 1, 7, 3], seed: 1 },
  { name: '5 channels, batch 2', input: [2, 3, 4, 5], seed: 1, answer: true },
  { name: 'odd map, 5 channels', input: [1, 17, 13, 5], seed: 1 },
  { name: '21 channels, batch 3', input: [3, 9, 7, 21], seed: 1 },
  { name: '960 channels', input: [1, 5, 3, 960], seed: 1 },
  { name: 'NaN stays NaN', input: [1, 5, 3, 5], seed: 1, plant: { value: Number.NaN, at: [0, 2, 1, 3] } },
  {
    name: 'Inf',
    input: [1, 5, 3, 24],
    seed: 1,
    plant: { value: Number.POSITIVE_INFINITY, at: [0, 4, 2, 23] },
  },
  {
    name: '−Inf',
    input: [1, 5, 3, 5],
    seed: 1,
    plant: { value: Number.NEGATIVE_INFINITY, at: [0, 0, 0, 0] },
  },
  { name: 'resnet50.layer1', input: [1, 129, 129, 256], seed: 1, bench: true },
]

const kinds: Activation[] = ['relu', 'relu6']

export const suite: KernelSuite<Case> = {
  shader: 'activation',
  cases: kinds.flatMap(kind => inputs.map(test => ({ ...test, kind, name: `${kind}, ${test.name}` }))),
  run({ name: label, input: shape, kind, seed, plant }) {
    // Uniform in (−8, 8), so that some values are beyond both bounds of relu6.
    const input = plantedArray4(shape, seed, plant, 8)
    return {
      kernel: activation({ label, shape, activation: kind }),
      data: { input: toGpu(input) },
      expected: { output: activations(() => reference(input, kind), EXACT) },
    }
  },
}
