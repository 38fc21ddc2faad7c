import { packTransposed } from '../../src/kernels/convolution/pack_transposed.ts'
import type { Weight } from '../reference/array4.ts'
import { tolerance } from '../reference/compare.ts'
import { foldBatchNorm } from '../reference/fold_batch_norm.ts'
import { packTransposed as reference } from '../reference/pack_transposed.ts'
import { EXACT } from '../support/activations.ts'
import { floats } from '../support/expected.ts'
import type { KernelCase, KernelSuite } from '../support/kernel_suite.ts'
import { packedWeight } from '../support/pack_weight.ts'
import { foldBatchNormOf } from './fold_batch_norm.ts'

interface Case extends KernelCase {
  weight: Weight['shape']
}

const shapes: Weight['shape'][] = [
  [1, 1, 1, 1],
  [5, 3, 1, 1],
  [21, 5, 3, 3],
  [3, 24, 1, 3],
  [64, 3, 7, 7],
]
const small: Case = { name: '[6,5,3,1]', weight: [6, 5, 3, 1], answer: true }
const cases: Case[] = [...shapes.map(weight => ({ name: `[${weight}]`, weight })), small]

const foldOf = ({ weight }: Case) => foldBatchNormOf({ weight, bias: false, epsilon: 1e-3, seed: 1 })

const packed = (weight: Weight) => packedWeight(reference(weight), { depthwise: false })

export const suite: KernelSuite<Case> = {
  shader: 'pack_transposed',
  cases,
  run(test) {
    const { weight } = foldOf(test)
    return {
      kernel: packTransposed({ label: test.name, weight: weight.shape }),
      data: { weight: Float32Array.from(weight.data) },
      expected: { packed: floats(() => packed(weight), EXACT) },
    }
  },
  variants: {
    'with batch norm folded in': {
      cases: [cases[2], small],
      run(test) {
        const fold = foldOf(test)
        return {
          kernel: packTransposed({ label: test.name, weight: test.weight, epsilon: fold.epsilon }),
          data: {
            weight: Float32Array.from(fold.weight.data),
            gamma: Float32Array.from(fold.gamma),
            variance: Float32Array.from(fold.variance),
          },
          expected: { packed: floats(() => packed(foldBatchNorm(fold).weight), { rtol: tolerance(1) }) },
        }
      },
    },
  },
}
