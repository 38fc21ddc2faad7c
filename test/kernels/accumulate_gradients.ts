import { accumulateGradients } from '../../src/kernels/training/accumulate_gradients.ts'
import { accumulateGradients as reference } from '../reference/accumulate_gradients.ts'
import { tolerance } from '../reference/compare.ts'
import { randomValues } from '../reference/random.ts'
import { floats } from '../support/expected.ts'
import type { KernelCase, KernelSuite } from '../support/kernel_suite.ts'

interface Case extends KernelCase {
  count: number
  share: number
  weight?: number
  seed: number
}

const plain = { share: 0.25, seed: 1 }

export const suite: KernelSuite<Case> = {
  shader: 'accumulate_gradients',
  cases: [
    { ...plain, name: 'one parameter', count: 1 },
    { ...plain, name: 'a workgroup and six parameters', count: 70, answer: true },
    { ...plain, name: 'an odd count, a share that rounds', count: 321, share: 1 / 3 },
    { ...plain, name: 'a whole workgroup, the whole batch', count: 64, share: 1 },
    { ...plain, name: 'with a weight', count: 70, share: 0.5, weight: 1.3, answer: true },
    { ...plain, name: 'a million parameters', count: 1 << 20, bench: true },
  ],
  run({ name: label, count, share, weight, seed }) {
    const [gradients, sums] = [randomValues(count, seed), randomValues(count, seed + 1)]
    return {
      kernel: accumulateGradients({ label, count, share, weighted: weight !== undefined }),
      data: {
        gradients: Float32Array.from(gradients),
        sums: Float32Array.from(sums),
        ...(weight === undefined ? {} : { weight: Float32Array.of(weight) }),
      },
      expected: {
        sums: floats(() => reference({ share: share * (weight ?? 1), gradients, sums }), {
          rtol: tolerance(1),
        }),
      },
    }
  },
}
