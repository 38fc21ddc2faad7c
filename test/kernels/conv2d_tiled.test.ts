import { expect } from 'chai'
import type { Gpu } from '../../src/gpu/gpu.ts'
import { runKernel } from '../../src/gpu/run_kernel.ts'
import type { Conv2dOptions, Conv2dTile } from '../../src/kernels/conv2d.ts'
import { conv2dMerge } from '../../src/kernels/conv2d_merge.ts'
import { conv2dTiled, conv2dTiledSplits } from '../../src/kernels/conv2d_tiled.ts'
import { symmetric } from '../../src/kernels/geometry.ts'
import { type Conv2dCase, cases, conv2dOf } from '../cases/conv2d.ts'
import { expectClose, tolerance } from '../reference/compare.ts'
import { conv2dShape, conv2d as reference } from '../reference/conv2d.ts'
import { toGpu } from '../support/activations.ts'
import { testGpu } from '../support/gpu.ts'
import { verify } from '../support/kernel_run.ts'
import { packWeight } from '../support/pack_weight.ts'
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

function joined(parts: Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0))
  let end = 0
  for (const part of parts) {
    all.set(part, end)
    end += part.byteLength
  }
  return all
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

  describe('several branches side by side', () => {
    const shared = { ...caseOf('21 → 24 channels'), input: [2, 9, 11, 21], outChannels: 24 } as const
    const windows = [
      { kernel: [1, 1], dilation: 1, padding: symmetric(0) },
      { kernel: [3, 3], dilation: 2, padding: symmetric(2) },
      { kernel: [3, 3], dilation: 12, padding: symmetric(12) },
      { kernel: [1, 5], dilation: 2, padding: { top: 0, bottom: 0, left: 4, right: 4 } },
    ] as const
    const small = { pixels: 2, vectors: 1, lanesX: 2, lanesY: 4 }
    for (const splits of [1, 3])
      for (const tile of [undefined, small])
        it(`in ${splits} splits, by ${tile ? 'many small tiles' : 'the tiles that it chooses'}`, async () => {
          const gpu = await testGpu()
          const { input } = conv2dOf(shared)
          const parts = windows.map((window, i) => ({
            ...conv2dOf({ ...shared, ...window, seed: 10 * i }),
            input,
          }))
          const packed = await Promise.all(parts.map(part => packWeight(gpu, part)))
          const together = (name: 'weight' | 'bias') => joined(packed.map(part => part[name]))
          const options = {
            ...{ ...shared, ...windows[0] },
            label: 'branches',
            branches: windows.map(window => ({ ...window, stride: 1 })),
            slice: { offset: 8, channels: 8 + 4 * 24 },
          }
          const bias = together('bias')
          const kernel = conv2dTiled({ ...options, splits, tile })
          const found = await runKernel(gpu, kernel, {
            input: toGpu(input),
            weight: together('weight'),
            ...(splits === 1 && { bias }),
          })
          const merge = conv2dMerge({ ...options, outChannels: 4 * 24, splits })
          const { output } =
            splits === 1 ? found : await runKernel(gpu, merge, { partials: found.partials, bias })
          const wide = new Float32Array(output.buffer)
          parts.forEach((part, branch) => {
            const first = 8 + branch * 24
            const ours = wide.filter((_, i) => i % 104 >= first && i % 104 < first + 24)
            expectClose(ours, reference(part).data, { shape: conv2dShape(part), rtol: tolerance(9 * 21) })
          })
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
