import type { Conv2dOptions } from '../../src/kernels/conv2d.ts'
import { conv2dSubgroup } from '../../src/kernels/conv2d_subgroup.ts'
import { type Conv2dCase, cases } from '../cases/conv2d.ts'
import { testGpu } from '../support/gpu.ts'
import { verify } from '../support/kernel_run.ts'
import { type Conv2dRunOptions, conv2dRun } from './conv2d.ts'

describe('kernel conv2d_subgroup', () => {
  let runOptions: Conv2dRunOptions

  before(async function () {
    const { subgroupSize = 0 } = await testGpu()
    if (subgroupSize < 8) this.skip()
    runOptions = { variant: (options: Conv2dOptions) => conv2dSubgroup({ ...options, subgroupSize }) }
  })

  for (const test of cases) {
    it(test.name, async () => {
      const gpu = await testGpu()
      await verify(gpu, await conv2dRun(test, gpu, runOptions))
    })
  }

  describe('both tiles, whatever the channels', () => {
    const subset = ['one channel', 'stride 2, batch 3', 'dilation'].flatMap(word =>
      cases.filter(({ name, spotCheck }) => name.includes(word) && !spotCheck),
    )
    for (const tile of [
      { pixels: 3, vectors: 4 },
      { pixels: 4, vectors: 2 },
    ])
      for (const test of subset)
        it(`${tile.pixels} × ${tile.vectors}: ${test.name}`, async () => {
          const gpu = await testGpu()
          const variant = (options: Conv2dOptions) =>
            conv2dSubgroup({ ...options, subgroupSize: gpu.subgroupSize!, tile })
          await verify(gpu, await conv2dRun(test, gpu, { variant }))
        })
  })

  describe('a 1×1 weight as PyTorch lays it', () => {
    const isMatrix = ({ kernel: [h, w], input, outChannels }: Conv2dCase) =>
      h === 1 && w === 1 && input[3] % 4 === 0 && outChannels % 4 === 0
    for (const test of cases.filter(isMatrix))
      it(test.name, async () => {
        const gpu = await testGpu()
        await verify(gpu, await conv2dRun(test, gpu, { ...runOptions, unpacked: true }))
      })
  })

  it('into a slice of a wider tensor', async () => {
    const gpu = await testGpu()
    const test = cases.find(({ name }) => name === '21 → 24 channels')!
    const slice = { offset: 12, channels: 40 }
    await verify(gpu, await conv2dRun(test, gpu, { ...runOptions, slice }))
  })
})
