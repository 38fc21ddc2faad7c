import { expect } from 'chai'
import type { Gpu } from '../../src/gpu/gpu.ts'
import { runKernel } from '../../src/gpu/run_kernel.ts'
import type { Conv2dOptions, Conv2dTile } from '../../src/kernels/conv2d.ts'
import { conv2dMerge } from '../../src/kernels/conv2d_merge.ts'
import { conv2dTiled, conv2dTiledSplits } from '../../src/kernels/conv2d_tiled.ts'
import { symmetric } from '../../src/kernels/geometry.ts'
import { type Conv2dCase, cases } from '../cases/conv2d.ts'
import { testGpu } from '../support/gpu.ts'
import { verify } from '../support/kernel_run.ts'
import { type Conv2dRunOptions, conv2dRun } from './conv2d.ts'

const caseOf = (name: string) => cases.find(test => test.name === name)!

/** Runs a case, and adds its partial sums up where it makes some. Default: in as many splits as it would be in a plan. */
async function verifyTiled(
  gpu: Gpu,
  test: Conv2dCase,
  { slice, ...choice }: { tile?: Conv2dTile; splits?: number; slice?: Conv2dRunOptions['slice'] } = {},
): Promise<void> {
  let options: Conv2dOptions | undefined
  const variant = (found: Conv2dOptions) => {
    options = found
    return conv2dTiled({ splits: conv2dTiledSplits(found), ...found, ...choice })
  }
  const run = await conv2dRun(test, gpu, { variant, slice })
  const { splits } = run.kernel.params
  if (splits === 1) return verify(gpu, run)
  const { partials } = await runKernel(gpu, run.kernel, run.data)
  await verify(gpu, { ...run, kernel: conv2dMerge({ ...options!, splits }), data: { ...run.data, partials } })
}

describe('kernel conv2d_tiled', () => {
  for (const test of cases) it(test.name, async () => verifyTiled(await testGpu(), test))

  const subset = [
    '5 → 21 channels, batch 3',
    '7×7 stride 2',
    '1×1 with padding: a border of bias alone',
    'dilation 8 on 9×9: the edges alone see other taps',
    'dilation 12 on 33×7: taps beside never, above and below sometimes',
    'residual, relu, batch 3, 24 → 24',
    'bias per image, 3×3, residual, batch 2',
    'residual in place, 21 channels',
    'Inf where only far taps reach: padding must not multiply it',
  ].map(caseOf)

  describe('every tile that the chooser picks, and one with many regions', () => {
    const tiles: Conv2dTile[] = [
      { pixels: 4, vectors: 2, lanesX: 8, lanesY: 16 },
      { pixels: 8, vectors: 2, lanesX: 8, lanesY: 16 },
      { pixels: 2, vectors: 1, lanesX: 2, lanesY: 4 },
    ]
    for (const tile of tiles)
      it(`${tile.pixels} pixels × ${tile.vectors} vectors, ${tile.lanesX} × ${tile.lanesY} lanes`, async () => {
        for (const test of subset) await verifyTiled(await testGpu(), test, { tile })
      })
  })

  describe('in splits, some of which may have nothing to add', () => {
    for (const splits of [1, 2, 3, 8])
      it(`${splits}`, async () => {
        for (const test of subset) await verifyTiled(await testGpu(), test, { splits })
      })
  })

  describe('into a slice of a wider tensor', () => {
    for (const splits of [1, 3])
      it(`in ${splits} splits`, async () => {
        const slice = { offset: 12, channels: 40 }
        await verifyTiled(await testGpu(), caseOf('21 → 24 channels'), { slice, splits })
      })
  })

  describe('what it chooses', () => {
    const layer = (size: number, channels: number, dilation = 1): Conv2dOptions => ({
      label: 'layer',
      input: [1, size, size, channels],
      outChannels: channels,
      kernel: [3, 3],
      stride: 1,
      dilation,
      padding: symmetric(dilation),
      activation: 'relu',
    })
    it('splits sums of few workgroups so that a large GPU is busy', () => {
      expect(conv2dTiledSplits(layer(9, 512))).to.be.above(8)
      expect(conv2dTiledSplits(layer(33, 256))).to.equal(3)
      expect(conv2dTiledSplits(layer(129, 256))).to.equal(1)
    })
    it('has regions where they save steps, and not where they leave tiles empty', () => {
      const exact = (options: Conv2dOptions) => {
        const { exact_rows, exact_columns } = conv2dTiled(options).params
        return [exact_rows, exact_columns]
      }
      expect(exact(layer(33, 256, 12))).to.deep.equal([1, 1])
      expect(exact(layer(17, 64))).to.deep.equal([0, 0])
    })
  })
})
