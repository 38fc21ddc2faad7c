import { expect } from 'chai'
import { runKernel } from '../../src/gpu/run_kernel.ts'
import { conv2dReduceWeight } from '../../src/kernels/conv2d_reduce_weight.ts'
import type { Weight } from '../reference/array4.ts'
import { expectClose, tolerance } from '../reference/compare.ts'
import { randomValues } from '../reference/random.ts'
import { testGpu } from '../support/gpu.ts'
import { addPartials } from '../support/partial_sums.ts'

interface Case {
  shape: Weight['shape']
  splits: number
  depthwise?: boolean
}

describe('kernel conv2d_reduce_weight', () => {
  const cases: Case[] = [
    { shape: [1, 1, 1, 1], splits: 1 },
    { shape: [21, 5, 3, 3], splits: 1 },
    { shape: [3, 24, 1, 3], splits: 7 },
    { shape: [64, 3, 7, 7], splits: 32 },
    { shape: [21, 1, 3, 3], splits: 5, depthwise: true },
    { shape: [960, 1, 3, 3], splits: 3, depthwise: true },
  ]
  for (const { shape, splits, depthwise = false } of cases)
    it(`${splits} partials of ${depthwise ? 'a depthwise' : 'a'} [${shape}]`, async () => {
      const kernel = conv2dReduceWeight({ label: 'reduce', weight: shape, depthwise, splits })
      const partials = Float32Array.from(randomValues(kernel.inputs.partials / 4, 1))
      const { weight_gradient } = await runKernel(await testGpu(), kernel, { partials })
      const expected = addPartials(new Uint8Array(partials.buffer), shape, { depthwise })
      expect(expected.length * 4).to.equal(kernel.outputs.weight_gradient)
      expectClose(new Float32Array(weight_gradient.buffer), Float64Array.from(expected), {
        shape,
        rtol: tolerance(splits),
      })
    })
})
