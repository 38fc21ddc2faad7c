import { expect } from 'chai'
import type { Device } from '../../src/graph/convolution/target.ts'
import { symmetric } from '../../src/kernels/geometry.ts'
import { conv2dBackwardInputRun } from '../kernels/conv2d_backward_input.ts'
import { cases } from '../kernels/shared/conv2d_backward_cases.ts'
import { testGpu } from '../support/gpu.ts'
import { backwardInputKernel } from '../support/gradient_kernels.ts'
import { verify } from '../support/kernel_run.ts'

const options = {
  label: 'test',
  input: [1, 9, 9, 8],
  outChannels: 4,
  kernel: [3, 3],
  dilation: 1,
  padding: symmetric(1),
} as const

describe('the kernel for the gradient of a convolution’s input', () => {
  describe('at stride 1 is a convolution', () => {
    for (const test of cases.filter(({ stride }) => stride === 1))
      it(test.name, async () => {
        const gpu = await testGpu()
        const run = conv2dBackwardInputRun(test, given => backwardInputKernel(given, gpu))
        await verify(gpu, run)
      })
  })

  it('at stride 1 is a convolution, unless its padding were negative', () => {
    const shaderOf = (stride: number, size: number) =>
      backwardInputKernel({ ...options, dilation: 2, stride, padding: symmetric(size) }, {}).shader.name
    expect(shaderOf(1, 2)).to.equal('conv2d')
    expect(shaderOf(1, 5)).to.equal('conv2d_backward_input_tiled')
    expect(shaderOf(2, 2)).to.equal('conv2d_backward_input_tiled')
  })

  it('on CPU adapters uses subgroups if the gradient is not a convolution', () => {
    const shaderOf = (stride: number, device: Device) =>
      backwardInputKernel({ ...options, stride }, device).shader.name
    for (const subgroupSize of [4, 8, 16]) {
      expect(shaderOf(2, { isCpu: true, subgroupSize })).to.equal('conv2d_backward_input_subgroup')
      expect(shaderOf(2, { subgroupSize })).to.equal('conv2d_backward_input_tiled')
      expect(shaderOf(1, { isCpu: true, subgroupSize })).to.equal('conv2d_subgroup')
    }
    expect(shaderOf(2, { isCpu: true })).to.equal('conv2d_backward_input')
  })
})
