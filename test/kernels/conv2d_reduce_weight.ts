import { conv2dReduceWeight } from '../../src/kernels/convolution/conv2d_reduce_weight.ts'
import type { Weight } from '../reference/array4.ts'
import { tolerance } from '../reference/compare.ts'
import { randomValues } from '../reference/random.ts'
import { floats } from '../support/expected.ts'
import type { KernelCase, KernelSuite } from '../support/kernel_suite.ts'
import { addPartials } from '../support/partial_sums.ts'

interface Case extends KernelCase {
  weight: Weight['shape']
  splits: number
  depthwise: boolean
}

const sizes: Omit<Case, 'name'>[] = [
  { weight: [1, 1, 1, 1], splits: 1, depthwise: false },
  { weight: [21, 5, 3, 3], splits: 1, depthwise: false },
  { weight: [3, 24, 1, 3], splits: 7, depthwise: false },
  { weight: [9, 5, 3, 1], splits: 2, depthwise: false, answer: true },
  { weight: [64, 3, 7, 7], splits: 32, depthwise: false },
  { weight: [5, 1, 3, 3], splits: 3, depthwise: true, answer: true },
  { weight: [21, 1, 3, 3], splits: 5, depthwise: true },
  { weight: [960, 1, 3, 3], splits: 3, depthwise: true },
]

export const suite: KernelSuite<Case> = {
  shader: 'conv2d_reduce_weight',
  cases: sizes.map(size => ({
    ...size,
    name: `${size.splits} partials of ${size.depthwise ? 'a depthwise' : 'a'} [${size.weight}]`,
  })),
  run({ name: label, weight, splits, depthwise }) {
    const kernel = conv2dReduceWeight({ label, weight, depthwise, splits })
    const partials = Float32Array.from(randomValues(kernel.inputs.partials / 4, 1))
    const sums = () => addPartials(new Uint8Array(partials.buffer), weight, { depthwise })
    return {
      kernel,
      data: { partials },
      expected: { weight_gradient: floats(sums, { shape: weight, rtol: tolerance(splits) }) },
    }
  },
}
