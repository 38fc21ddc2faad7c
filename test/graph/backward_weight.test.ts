import { expect } from 'chai'
import type { Device } from '../../src/graph/convolution/target.ts'
import { weightGradientKernel } from '../../src/graph/convolution/weight_gradient_kernels.ts'
import { symmetric } from '../../src/kernels/geometry.ts'

const kernelOf = (channels: number, device: Device) =>
  weightGradientKernel(
    {
      label: 'test',
      input: [1, 9, 9, channels],
      outChannels: 64,
      kernel: [3, 3],
      stride: 1,
      dilation: 1,
      padding: symmetric(1),
    },
    device,
  )

describe('the kernel for the gradient of a convolution’s weight', () => {
  it('on CPU adapters has subgroups, unless the input is an image', () => {
    const shaderOf = (channels: number, device: Device) => kernelOf(channels, device).shader.name
    for (const subgroupSize of [4, 8, 16]) {
      expect(shaderOf(64, { isCpu: true, subgroupSize })).to.equal('conv2d_backward_weight_subgroup')
      expect(shaderOf(3, { isCpu: true, subgroupSize })).to.equal('conv2d_backward_weight')
    }
    expect(shaderOf(64, { isCpu: true })).to.equal('conv2d_backward_weight')
  })

  it('on hardware GPUs passes through workgroup memory, with a tile by the maker and a narrow one for narrow layers', () => {
    const chosen = (channels: number, device: Device) => {
      const { shader, constants = {}, workgroups } = kernelOf(channels, device)
      expect(shader.name).to.equal('conv2d_backward_weight_tiled')
      return { ...constants, workgroups }
    }
    const made = (vendor: string): Device => ({ info: { vendor, architecture: '' } })
    expect(chosen(64, made('amd'))).to.include({ LANE_ROWS: 2, LANE_COLUMNS: 2, ROWS_ARE_TAPS: 0 })
    expect(chosen(64, made('intel'))).to.include({ LANE_ROWS: 2, LANE_COLUMNS: 1, TURN_PIXELS: 1 })
    expect(chosen(64, { subgroupSize: 32 })).to.deep.equal(chosen(64, made('nvidia')))
    const narrow = { LANE_ROWS: 1, LANE_COLUMNS: 1, LANES_X: 8, LANES_Y: 8 }
    for (const vendor of ['amd', 'intel', '']) {
      expect(chosen(32, made(vendor))).to.include({ ...narrow, ROWS_ARE_TAPS: 0, workgroups: 18 })
      // Two workgroups along the channels, and two along the nine taps of an image.
      expect(chosen(3, made(vendor))).to.include({ ...narrow, ROWS_ARE_TAPS: 1, workgroups: 4 })
    }
  })
})
