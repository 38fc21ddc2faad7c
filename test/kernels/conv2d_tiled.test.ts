// conv2d_tiled with its sums split: its partial sums are added up by conv2d_merge.

import { expect } from 'chai'
import { runKernel } from '../../src/gpu/run_kernel.ts'
import type { Conv2dOptions } from '../../src/kernels/convolution/conv2d.ts'
import { conv2dMerge } from '../../src/kernels/convolution/conv2d_merge.ts'
import { conv2dTiled, conv2dTiledSplits } from '../../src/kernels/convolution/conv2d_tiled.ts'
import { symmetric } from '../../src/kernels/geometry.ts'
import { paddingOf } from '../reference/window.ts'
import { testGpu } from '../support/gpu.ts'
import { type KernelRun, verify } from '../support/kernel_run.ts'
import { type Conv2dRunOptions, conv2dCase, conv2dRun } from './conv2d.ts'
import { forTiles, smallTile } from './conv2d_tiled.ts'
import { type BranchWindow, branchesRun } from './shared/conv2d_branches.ts'
import { type Conv2dCase, cases } from './shared/conv2d_cases.ts'

type Choice = { splits: number; slice?: Conv2dRunOptions['slice'] }

async function verifySplit(test: Conv2dCase, { splits, slice }: Choice): Promise<void> {
  let options: Conv2dOptions | undefined
  const variant = (given: Conv2dOptions) => {
    options = given
    return conv2dTiled({ ...given, splits })
  }
  await verifyMerged(conv2dRun(test, { variant, slice }), { ...options!, splits })
}

/** Runs the kernel, and in more than one split the kernel that adds up its partial sums. */
async function verifyMerged(run: KernelRun, options: Parameters<typeof conv2dMerge>[0]): Promise<void> {
  const gpu = await testGpu()
  if (options.splits === 1) return verify(gpu, run)
  const { partials } = await runKernel(gpu, run.kernel, run.data)
  await verify(gpu, { ...run, kernel: conv2dMerge(options), data: { ...run.data, partials } })
}

const splitsOf = (test: Conv2dCase) =>
  conv2dTiledSplits({ ...test, label: test.name, padding: paddingOf(test) })

describe('kernels conv2d_tiled and conv2d_merge', () => {
  describe('in the splits of a plan', () => {
    for (const test of cases)
      if (splitsOf(test) > 1) it(test.name, () => verifySplit(test, { splits: splitsOf(test) }))
  })

  describe('in splits, some of which may have nothing to add', () => {
    for (const splits of [2, 3, 8])
      for (const test of forTiles) it(`${splits}: ${test.name}`, () => verifySplit(test, { splits }))
  })

  it('in three splits into a slice of a wider tensor', async () => {
    const slice = { offset: 12, channels: 40 }
    await verifySplit(conv2dCase('21 → 24 channels'), { slice, splits: 3 })
  })

  describe('several branches side by side', () => {
    const shared: Conv2dCase = { ...conv2dCase('21 → 24 channels'), input: [2, 9, 11, 21], outChannels: 24 }
    const windows: BranchWindow[] = [
      { kernel: [1, 1], dilation: 1, padding: symmetric(0) },
      { kernel: [3, 3], dilation: 2, padding: symmetric(2) },
      { kernel: [3, 3], dilation: 12, padding: symmetric(12) },
      { kernel: [1, 5], dilation: 2, padding: { top: 0, bottom: 0, left: 4, right: 4 } },
    ]
    for (const splits of [1, 3])
      for (const tile of [undefined, smallTile])
        it(`in ${splits} splits, by ${tile ? 'many small tiles' : 'the tiles that it chooses'}`, async () => {
          const run = branchesRun(shared, { windows, splits, tile })
          const outChannels = shared.outChannels * windows.length
          await verifyMerged(run, { ...run.options, outChannels, splits })
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
        const { params } = conv2dTiled(options)
        return [params['exact_rows.x'], params['exact_columns.x']]
      }
      expect(exact(layer(33, 256, 12))).to.deep.equal([1, 1])
      expect(exact(layer(17, 64))).to.deep.equal([0, 0])
    })
  })
})
