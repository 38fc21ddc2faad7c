import { maxPoolBackward } from '../../src/kernels/pooling/max_pool_backward.ts'
import { randomArray4 } from '../reference/array4.ts'
import { tolerance } from '../reference/compare.ts'
import { maxPoolShape } from '../reference/max_pool.ts'
import {
  type MaxPoolBackward,
  maxPoolWinners,
  maxPoolBackward as reference,
} from '../reference/max_pool_backward.ts'
import { toGpu } from '../support/activations.ts'
import { activations } from '../support/expected.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import { cases as forward, type MaxPoolCase, maxPoolOf } from './max_pool.ts'

export interface MaxPoolBackwardCase extends MaxPoolCase {
  /** the input holds whole numbers only, so that windows have more than one maximum */
  ties?: boolean
}

/** The cases of max_pool, and ties, which are what `atrous doctor` has. */
export const cases: MaxPoolBackwardCase[] = [
  ...forward.map(test => ({ ...test, answer: false })),
  ...forward
    .filter(({ plant, bench }) => !plant && !bench)
    .map(test => ({ ...test, name: `ties, ${test.name}`, ties: true })),
]

/** The operands of a case, made from its seed. */
export function maxPoolBackwardOf(test: MaxPoolBackwardCase): MaxPoolBackward {
  const pool = maxPoolOf(test)
  const { shape, data } = pool.input
  const input = test.ties ? { shape, data: data.map(x => Math.round(x * 2)) } : pool.input
  return { ...pool, input, outputGradient: randomArray4(maxPoolShape(pool), test.seed + 1) }
}

/** For both kernels. */
export function maxPoolBackwardOptions({ name: label }: MaxPoolBackwardCase, operands: MaxPoolBackward) {
  const { input, kernel, stride, padding } = operands
  return { label, input: input.shape, kernel, stride, padding }
}

/** The winners that the reference finds as the kernels read them: bytes, zeros for the channels that pad a vector. */
export function paddedWinners(operands: MaxPoolBackward): Uint8Array {
  const channels = operands.input.shape[3]
  const pitch = Math.ceil(channels / 4) * 4
  const winners = maxPoolWinners(operands)
  const padded = new Uint8Array((winners.length / channels) * pitch)
  winners.forEach((winner, i) => {
    padded[Math.floor(i / channels) * pitch + (i % channels)] = winner
  })
  return padded
}

export const suite: KernelSuite<MaxPoolBackwardCase> = {
  shader: 'max_pool_backward',
  cases,
  run(test) {
    const operands = maxPoolBackwardOf(test)
    const { outputGradient, kernel } = operands
    const rtol = tolerance(kernel[0] * kernel[1])
    return {
      kernel: maxPoolBackward(maxPoolBackwardOptions(test, operands)),
      data: { winners: paddedWinners(operands), output_gradient: toGpu(outputGradient) },
      expected: { input_gradient: activations(() => reference(operands), { rtol }) },
    }
  },
}
