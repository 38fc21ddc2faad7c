// conv2d_backward_weight with its partial sums added up by conv2d_reduce_weight.

import { expect } from 'chai'
import { runKernel } from '../../src/gpu/run_kernel.ts'
import { conv2dBackwardWeight } from '../../src/kernels/convolution/conv2d_backward_weight.ts'
import { conv2dReduceWeight } from '../../src/kernels/convolution/conv2d_reduce_weight.ts'
import { symmetric } from '../../src/kernels/geometry.ts'
import type { Shape4 } from '../reference/array4.ts'
import { testGpu } from '../support/gpu.ts'
import { conv2dBackwardWeightRun, expectWeightGradient } from './conv2d_backward_weight.ts'
import { type Conv2dBackwardCase, cases, conv2dBackwardOf } from './shared/conv2d_backward_cases.ts'

describe('kernels conv2d_backward_weight and conv2d_reduce_weight', () => {
  for (const name of [
    '5 → 21 channels, batch 3',
    '1×1, 3 → 21 channels, batch 3',
    'resnet50.conv1 7×7/2 on 65×65',
  ])
    it(`${name}, twice the same bits`, async () => {
      const test = cases.find(each => each.name === name)!
      const first = await weightGradient(test)
      expectWeightGradient(test, conv2dBackwardOf(test, 'weight'), first)
      expect([...(await weightGradient(test))]).to.deep.equal([...first])
    })

  it('few sums over many pixels are split, many or short ones are not', () => {
    const options = { label: 'test', outChannels: 32, kernel: [1, 1], stride: 1, dilation: 1 } as const
    const splits = (input: Shape4) =>
      conv2dBackwardWeight({ ...options, padding: symmetric(0), input }).params.splits
    expect(splits([1, 129, 129, 32])).to.be.above(1)
    expect(splits([1, 9, 9, 32])).to.equal(1)
    expect(splits([1, 129, 129, 2 ** 18])).to.equal(1)
  })
})

async function weightGradient(test: Conv2dBackwardCase): Promise<Float32Array> {
  const gpu = await testGpu()
  const { kernel, data } = conv2dBackwardWeightRun(test)
  const { partials } = await runKernel(gpu, kernel, data)
  const reduce = conv2dReduceWeight({
    label: 'reduce',
    weight: conv2dBackwardOf(test, 'weight').weight.shape,
    depthwise: false,
    splits: kernel.params.splits,
  })
  const { weight_gradient } = await runKernel(gpu, reduce, { partials })
  return new Float32Array(weight_gradient.buffer)
}
