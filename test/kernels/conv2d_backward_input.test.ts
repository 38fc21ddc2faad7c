import { expect } from 'chai'
import type { Conv2dTile } from '../../src/kernels/conv2d.ts'
import {
  type Conv2dBackwardInputOptions,
  conv2dBackwardInput,
} from '../../src/kernels/conv2d_backward_input.ts'
import { symmetric } from '../../src/kernels/geometry.ts'
import { cases } from '../cases/conv2d_backward.ts'
import { testGpu } from '../support/gpu.ts'
import { backwardInputKernel } from '../support/gradient_kernels.ts'
import { verify } from '../support/kernel_run.ts'
import { conv2dBackwardInputRun } from './conv2d_backward_input.ts'

const caseOf = (name: string) => cases.find(test => test.name === name)!

describe('kernel conv2d_backward_input', () => {
  for (const test of cases)
    it(test.name, async () => {
      const gpu = await testGpu()
      await verify(gpu, await conv2dBackwardInputRun(test, gpu))
    })

  describe('every tile that the chooser picks, and odd ones', () => {
    const tiles: Conv2dTile[] = [
      { pixels: 8, vectors: 4, lanesX: 8, lanesY: 4 },
      { pixels: 8, vectors: 4, lanesX: 4, lanesY: 8 },
      { pixels: 3, vectors: 1, lanesX: 1, lanesY: 1 },
      { pixels: 2, vectors: 3, lanesX: 3, lanesY: 5 },
    ]
    const subset = ['stride 2, batch 3, 24 → 21', 'stride 3, dilation 2, even map', 'NaN'].map(caseOf)
    for (const tile of tiles)
      it(`${tile.pixels} pixels × ${tile.vectors} vectors, ${tile.lanesX} × ${tile.lanesY} lanes`, async () => {
        const gpu = await testGpu()
        const variant = (options: Conv2dBackwardInputOptions) => conv2dBackwardInput({ ...options, tile })
        for (const test of subset) await verify(gpu, await conv2dBackwardInputRun(test, gpu, variant))
      })
  })

  describe('at stride 1 it is a convolution', () => {
    for (const test of cases.filter(({ stride }) => stride === 1))
      it(test.name, async () => {
        const gpu = await testGpu()
        const variant = (options: Conv2dBackwardInputOptions) => backwardInputKernel(options, gpu)
        await verify(gpu, await conv2dBackwardInputRun(test, gpu, variant))
      })
  })

  it('the chooser takes a convolution at stride 1, unless its padding were negative', () => {
    const options = {
      label: 'test',
      input: [1, 9, 9, 8],
      outChannels: 4,
      kernel: [3, 3],
      dilation: 2,
    } as const
    const shaderOf = (stride: number, size: number) =>
      backwardInputKernel({ ...options, stride, padding: symmetric(size) }, {}).shader
    expect(shaderOf(1, 2)).to.equal('conv2d')
    expect(shaderOf(1, 5)).to.equal('conv2d_backward_input')
    expect(shaderOf(2, 2)).to.equal('conv2d_backward_input')
  })
})
