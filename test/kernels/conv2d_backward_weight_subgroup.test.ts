import { expect } from 'chai'
import { weightGradientKernel } from '../../src/graph/convolution/backward_weight.ts'
import type { Conv2dBackwardWeightOptions } from '../../src/kernels/conv2d_backward_weight.ts'
import { conv2dBackwardWeightSubgroup } from '../../src/kernels/conv2d_backward_weight_subgroup.ts'
import { symmetric } from '../../src/kernels/geometry.ts'
import { cases } from '../cases/conv2d_backward.ts'
import { testGpu } from '../support/gpu.ts'
import { verify } from '../support/kernel_run.ts'
import { conv2dBackwardWeightRun } from './conv2d_backward_weight.ts'

describe('kernel conv2d_backward_weight_subgroup', () => {
  describe('on adapters with such subgroups', () => {
    before(async function () {
      if (((await testGpu()).subgroupSize ?? 0) < 8) this.skip()
    })

    for (const test of cases)
      it(test.name, async () => {
        const gpu = await testGpu()
        const subgroupSize = gpu.subgroupSize!
        const variant = (options: Conv2dBackwardWeightOptions) =>
          conv2dBackwardWeightSubgroup({ ...options, subgroupSize })
        await verify(gpu, conv2dBackwardWeightRun(test, variant))
      })
  })

  it('the chooser takes it on CPU adapters, unless the input is an image', () => {
    const shaderOf = (channels: number, subgroupSize?: number) =>
      weightGradientKernel(
        {
          label: 'test',
          input: [1, 9, 9, channels],
          outChannels: 32,
          kernel: [3, 3],
          stride: 1,
          dilation: 1,
          padding: symmetric(1),
        },
        { subgroupSize },
      ).shader
    expect(shaderOf(64, 8)).to.equal('conv2d_backward_weight_subgroup')
    expect(shaderOf(3, 8)).to.equal('conv2d_backward_weight')
    expect(shaderOf(64, 32)).to.equal('conv2d_backward_weight')
    expect(shaderOf(64)).to.equal('conv2d_backward_weight')
  })
})
