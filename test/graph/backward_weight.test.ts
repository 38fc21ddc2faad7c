import { expect } from 'chai'
import type { Device } from '../../src/graph/convolution/target.ts'
import { weightGradientKernel } from '../../src/graph/convolution/weight_gradient_kernels.ts'
import { symmetric } from '../../src/kernels/geometry.ts'

describe('the kernel for the gradient of a convolution’s weight', () => {
  it('on CPU adapters has subgroups, unless the input is an image', () => {
    const shaderOf = (channels: number, device: Device) =>
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
        device,
      ).shader.name
    for (const subgroupSize of [4, 8, 16]) {
      expect(shaderOf(64, { isCpu: true, subgroupSize })).to.equal('conv2d_backward_weight_subgroup')
      expect(shaderOf(3, { isCpu: true, subgroupSize })).to.equal('conv2d_backward_weight')
      expect(shaderOf(64, { subgroupSize })).to.equal('conv2d_backward_weight')
    }
    expect(shaderOf(64, { isCpu: true })).to.equal('conv2d_backward_weight')
    expect(shaderOf(64, {})).to.equal('conv2d_backward_weight')
  })
})
