import { adamw, adamwStep } from '../../src/kernels/training/adamw.ts'
import { adamw as reference } from '../reference/adamw.ts'
import { tolerance } from '../reference/compare.ts'
import { randomValues } from '../reference/random.ts'
import { floats } from '../support/expected.ts'
import type { KernelCase, KernelSuite } from '../support/kernel_suite.ts'

interface Case extends KernelCase {
  count: number
  /** Counted from 1. */
  step: number
  learningRate: number
  multiplier: number
  momentum: number
  weightDecay: number
  /** Factor on the gradients: the update does not depend on it, but for epsilon. */
  scale?: number
  seed: number
}

/** PyTorch's defaults, but for a rate at which a step shows. */
const plain = {
  ...{ squareDecay: 0.999, epsilon: 1e-8 },
  ...{ step: 3, learningRate: 0.07, multiplier: 1, momentum: 0.9, weightDecay: 0.01, seed: 1 },
}

export const suite: KernelSuite<Case> = {
  shader: 'adamw',
  cases: [
    { ...plain, name: 'one parameter', count: 1 },
    { ...plain, name: 'a workgroup and six, a tenth of the rate', count: 70, multiplier: 0.1, answer: true },
    { ...plain, name: 'the first step', count: 1025, step: 1 },
    { ...plain, name: 'after a hundred thousand steps, when nothing is corrected', count: 321, step: 1e5 },
    { ...plain, name: 'without decay', count: 64, weightDecay: 0 },
    { ...plain, name: 'without momentum', count: 100, momentum: 0 },
    { ...plain, name: 'gradients as small as epsilon', count: 100, scale: 1e-8 },
    { ...plain, name: 'gradients of zero: no parameter becomes NaN', count: 99, scale: 0 },
    {
      ...plain,
      name: 'a rate of zero: the parameters stay, the means do not',
      count: 65,
      learningRate: 0,
    },
    { ...plain, name: 'a million parameters', count: 1 << 20, bench: true },
  ],
  run({ name: label, count, seed, scale = 1, ...options }) {
    const scaled = (values: Float64Array, by: number) => values.map(value => value * by)
    const gradients = scaled(randomValues(count, seed + 1), scale)
    const operands = {
      ...{ ...plain, ...options, gradients },
      parameters: randomValues(count, seed),
      velocities: scaled(randomValues(count, seed + 2), scale),
      squares: randomValues(count, seed + 3).map(value => (value * scale) ** 2),
    }
    const result = () => reference(operands)
    return {
      kernel: adamw({ label, count, ...options }),
      data: {
        parameters: Float32Array.from(operands.parameters),
        gradients: Float32Array.from(gradients),
        velocities: Float32Array.from(operands.velocities),
        squares: Float32Array.from(operands.squares),
        step: adamwStep(options.step, options),
      },
      expected: {
        parameters: floats(() => result().parameters, { rtol: tolerance(1) }),
        velocities: floats(() => result().velocities, { rtol: tolerance(1) }),
        squares: floats(() => result().squares, { rtol: tolerance(1) }),
      },
    }
  },
}
