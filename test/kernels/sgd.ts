import { sgd } from '../../src/kernels/training/sgd.ts'
import { tolerance } from '../reference/compare.ts'
import { randomValues } from '../reference/random.ts'
import { sgd as reference } from '../reference/sgd.ts'
import { floats } from '../support/expected.ts'
import type { KernelCase, KernelSuite } from '../support/kernel_suite.ts'

interface Case extends KernelCase {
  count: number
  learningRate: number
  multiplier: number
  momentum: number
  weightDecay: number
  seed: number
}

/** The paper's (DeepLabv3, section 4.1), but for a rate at which a step shows. */
const plain = { learningRate: 0.07, multiplier: 1, momentum: 0.9, weightDecay: 1e-4, seed: 1 }

export const suite: KernelSuite<Case> = {
  shader: 'sgd',
  cases: [
    { ...plain, name: 'one parameter', count: 1 },
    { ...plain, name: 'a workgroup and six, ten times the rate', count: 70, multiplier: 10, answer: true },
    { ...plain, name: 'an odd count, ten times the rate', count: 321, multiplier: 10 },
    { ...plain, name: 'without decay', count: 64, weightDecay: 0 },
    { ...plain, name: 'without momentum', count: 100, momentum: 0 },
    {
      ...plain,
      name: 'a rate of zero: the parameters stay, the velocities do not',
      count: 65,
      learningRate: 0,
    },
    { ...plain, name: 'a million parameters', count: 1 << 20, bench: true },
  ],
  run({ name: label, count, learningRate, multiplier, momentum, weightDecay, seed }) {
    const operands = {
      ...{ learningRate, multiplier, momentum, weightDecay },
      parameters: randomValues(count, seed),
      gradients: randomValues(count, seed + 1),
      velocities: randomValues(count, seed + 2),
    }
    return {
      kernel: sgd({ label, count, multiplier, momentum, weightDecay }),
      data: {
        parameters: Float32Array.from(operands.parameters),
        gradients: Float32Array.from(operands.gradients),
        velocities: Float32Array.from(operands.velocities),
        learning_rate: Float32Array.of(learningRate),
      },
      expected: {
        parameters: floats(() => reference(operands).parameters, { rtol: tolerance(1) }),
        velocities: floats(() => reference(operands).velocities, { rtol: tolerance(1) }),
      },
    }
  },
}
