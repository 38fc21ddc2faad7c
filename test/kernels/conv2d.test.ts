import { type Conv2dOptions, type Conv2dTile, conv2d } from '../../src/kernels/conv2d.ts'
import { cases } from '../cases/conv2d.ts'
import { testGpu } from '../support/gpu.ts'
import { verify } from '../support/kernel_run.ts'
import { conv2dRun } from './conv2d.ts'

const caseOf = (name: string) => cases.find(test => test.name === name)!

describe('kernel conv2d', () => {
  for (const test of cases) {
    it(test.name, async () => {
      const gpu = await testGpu()
      await verify(gpu, await conv2dRun(test, gpu))
    })
  }

  describe('every tile that the chooser picks, and odd ones', () => {
    const tiles: Conv2dTile[] = [
      ...[8, 1].flatMap(pixels => [
        { pixels, vectors: 2, lanesX: 8, lanesY: 4 },
        { pixels, vectors: 2, lanesX: 4, lanesY: 8 },
        { pixels, vectors: 2, lanesX: 2, lanesY: 16 },
        { pixels, vectors: 1, lanesX: 2, lanesY: 16 },
      ]),
      { pixels: 3, vectors: 1, lanesX: 1, lanesY: 1 },
      { pixels: 2, vectors: 3, lanesX: 3, lanesY: 5 },
    ]
    const subset = [
      '5 → 21 channels, batch 3',
      'dilation 8 on 9×9: the edges alone see other taps',
      'residual, relu, batch 3, 24 → 24',
      'bias per image, 3×3, residual, batch 2',
      'Inf where only far taps reach: padding must not multiply it',
    ].map(caseOf)
    for (const tile of tiles) {
      it(`${tile.pixels} pixels × ${tile.vectors} vectors, ${tile.lanesX} × ${tile.lanesY} lanes`, async () => {
        const gpu = await testGpu()
        const variant = (options: Conv2dOptions) => conv2d({ ...options, tile })
        for (const test of subset) await verify(gpu, await conv2dRun(test, gpu, { variant }))
      })
    }
  })

  describe('into a slice of a wider tensor', () => {
    const test = caseOf('21 → 24 channels')
    for (const slice of [
      { offset: 0, channels: 40 },
      { offset: 12, channels: 40 },
      { offset: 24, channels: 48 },
    ]) {
      it(`24 channels from ${slice.offset} of ${slice.channels}, the others left alone`, async () => {
        const gpu = await testGpu()
        await verify(gpu, await conv2dRun(test, gpu, { slice }))
      })
    }
  })
})
