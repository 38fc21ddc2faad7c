import { activationBackward } from '../../src/kernels/elementwise/activation_backward.ts'
import { activation } from '../reference/activation.ts'
import { type ActivationBackward, activationBackward as reference } from '../reference/activation_backward.ts'
import { type Plant, plantedArray4, randomArray4, type Shape4 } from '../reference/array4.ts'
import { EXACT, toGpu } from '../support/activations.ts'
import { activations } from '../support/expected.ts'
import type { KernelCase, KernelSuite } from '../support/kernel_suite.ts'

interface Case extends KernelCase {
  shape: Shape4
  kind: ActivationBackward['kind']
  seed: number
  /** a NaN or an infinity in the gradient of the output */
  plant?: Plant
}

const shapes: Omit<Case, 'kind'>[] = [
  { name: 'one value', shape: [1, 1, 1, 1], seed: 1 },
  { name: '3 channels, batch 2', shape: [2, 1, 7, 3], seed: 1 },
  { name: '5 channels, batch 2', shape: [2, 3, 4, 5], seed: 1, answer: true },
  { name: 'odd map, 5 channels', shape: [1, 17, 13, 5], seed: 1 },
  { name: '21 channels, batch 3', shape: [3, 9, 7, 21], seed: 1 },
  { name: '320 channels', shape: [1, 5, 3, 320], seed: 1 },
  { name: 'NaN', shape: [1, 5, 3, 24], seed: 1, plant: { value: Number.NaN, at: [0, 2, 1, 3] } },
  {
    name: '−Inf',
    shape: [1, 5, 3, 5],
    seed: 1,
    plant: { value: Number.NEGATIVE_INFINITY, at: [0, 4, 2, 4] },
  },
  { name: 'resnet50.layer1', shape: [1, 129, 129, 256], seed: 1, bench: true },
]

const kinds = ['relu', 'relu6'] as const

/** A third of the outputs are at each end of relu6. */
function operandsOf({ shape, kind, seed, plant }: Case): ActivationBackward {
  const input = randomArray4(shape, seed, 9)
  const shifted = { shape, data: input.data.map(x => Math.fround(x + 3)) }
  return { output: activation(shifted, kind), outputGradient: plantedArray4(shape, seed + 1, plant), kind }
}

export const suite: KernelSuite<Case> = {
  shader: 'activation_backward',
  cases: kinds.flatMap(kind => shapes.map(test => ({ ...test, kind, name: `${kind}, ${test.name}` }))),
  run(test) {
    const operands = operandsOf(test)
    const { name: label, shape, kind } = test
    return {
      kernel: activationBackward({ label, shape, activation: kind }),
      data: { output: toGpu(operands.output), output_gradient: toGpu(operands.outputGradient) },
      expected: { input_gradient: activations(() => reference(operands), EXACT) },
    }
  },
}
