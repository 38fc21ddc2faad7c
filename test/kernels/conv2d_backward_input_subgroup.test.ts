import { expect } from 'chai'
import type { Conv2dBackwardInputOptions } from '../../src/kernels/conv2d_backward_input.ts'
import { conv2dBackwardInputSubgroup } from '../../src/kernels/conv2d_backward_input_subgroup.ts'
import type { SubgroupTile } from '../../src/kernels/conv2d_subgroup.ts'
import { symmetric } from '../../src/kernels/geometry.ts'
import { cases } from '../cases/conv2d_backward.ts'
import { testGpu } from '../support/gpu.ts'
import { backwardInputKernel } from '../support/gradient_kernels.ts'
import { verify } from '../support/kernel_run.ts'
import { conv2dBackwardInputRun } from './conv2d_backward_input.ts'

async function verifySubgroups(test: (typeof cases)[number], tile?: SubgroupTile): Promise<void> {
  const gpu = await testGpu()
  const subgroupSize = gpu.subgroupSize!
  const variant = (options: Conv2dBackwardInputOptions) =>
    conv2dBackwardInputSubgroup({ ...options, subgroupSize, tile })
  await verify(gpu, await conv2dBackwardInputRun(test, gpu, variant))
}

describe('kernel conv2d_backward_input_subgroup', () => {
  describe('on adapters with such subgroups', () => {
    before(async function () {
      if (((await testGpu()).subgroupSize ?? 0) < 8) this.skip()
    })

    for (const test of cases) it(test.name, () => verifySubgroups(test))

    const tiles = [
      { pixels: 3, vectors: 4 },
      { pixels: 4, vectors: 2 },
    ]
    for (const tile of tiles)
      for (const test of cases.filter(({ stride, spotCheck }) => stride > 1 && !spotCheck))
        it(`${tile.pixels} × ${tile.vectors}, whatever the channels: ${test.name}`, () =>
          verifySubgroups(test, tile))
  })

  it('the chooser takes it on CPU adapters where the gradient is no convolution', () => {
    const shaderOf = (stride: number, subgroupSize?: number) =>
      backwardInputKernel(
        {
          label: 'test',
          input: [1, 9, 9, 8],
          outChannels: 4,
          kernel: [3, 3],
          stride,
          dilation: 1,
          padding: symmetric(1),
        },
        { subgroupSize },
      ).shader
    expect(shaderOf(2, 8)).to.equal('conv2d_backward_input_subgroup')
    expect(shaderOf(2, 32)).to.equal('conv2d_backward_input')
    expect(shaderOf(1, 8)).to.equal('conv2d_subgroup')
  })
})
