// Convolutions that leave batch norm's statistics of their output, by every variant that can.

import { expect } from 'chai'
import type { Kernel } from '../../src/gpu/kernel.ts'
import { runKernel } from '../../src/gpu/run_kernel.ts'
import { type Conv2dOptions, conv2d } from '../../src/kernels/convolution/conv2d.ts'
import { conv2dSubgroup } from '../../src/kernels/convolution/conv2d_subgroup.ts'
import { conv2dTiled } from '../../src/kernels/convolution/conv2d_tiled.ts'
import { symmetric } from '../../src/kernels/geometry.ts'
import { unpadChannels } from '../../src/kernels/layout.ts'
import { batchNormMerge } from '../../src/kernels/normalisation/batch_norm_statistics.ts'
import { emittingStatistics } from '../../src/kernels/normalisation/emitting_statistics.ts'
import type { Array4 } from '../reference/array4.ts'
import { batchNormStatistics as reference } from '../reference/batch_norm_statistics.ts'
import { tolerance } from '../reference/compare.ts'
import { conv2dShape } from '../reference/conv2d.ts'
import { expectChannels } from '../support/channels.ts'
import { needsSubgroups, testGpu } from '../support/gpu.ts'
import { checkOutputs } from '../support/kernel_run.ts'
import { conv2dOf, conv2dRun } from './conv2d.ts'
import { smallTile } from './conv2d_tiled.ts'
import { type Conv2dCase, cases } from './shared/conv2d_cases.ts'

const FAR = '1×1, 3 → 21 channels, batch 3'
const subset = [
  'one row',
  '5 → 21 channels, batch 3',
  '24 → 1 channel',
  '1×1, 1 → 960 channels',
  FAR,
  'stride 2, batch 3, 24 → 21',
  '1×1 with padding: a border of bias alone',
  'dilation 12 on 33×7: taps beside never, above and below sometimes',
]
const layer: Conv2dOptions = {
  label: 'layer',
  input: [1, 9, 9, 64],
  outChannels: 64,
  kernel: [1, 1],
  stride: 1,
  dilation: 1,
  padding: symmetric(0),
  activation: 'none',
}

describe('statistics that a convolution leaves', () => {
  for (const tile of [
    { pixels: 3, vectors: 4 },
    { pixels: 4, vectors: 2 },
  ])
    describe(`conv2d_subgroup, ${tile.pixels} × ${tile.vectors}`, () => {
      before(needsSubgroups)
      verifyAll((options, subgroupSize) => conv2dSubgroup({ ...options, subgroupSize, tile }))
    })

  for (const tile of [
    { pixels: 4, vectors: 2, lanesX: 8, lanesY: 16, depth: 16 },
    { pixels: 8, vectors: 2, lanesX: 8, lanesY: 16, depth: 16 },
    { pixels: 4, vectors: 1, lanesX: 8, lanesY: 8, depth: 8 },
    smallTile,
  ])
    describe(`conv2d_tiled, ${tile.pixels} × ${tile.vectors} on ${tile.lanesX} × ${tile.lanesY} lanes${tile.vectors > 1 ? ' (slow)' : ''}`, () =>
      verifyAll(options => conv2dTiled({ ...options, tile })))

  it('not where sums are split, nor by conv2d', () => {
    expect(emittingStatistics(conv2dTiled({ ...layer, splits: 1 }))).not.to.equal(undefined)
    expect(emittingStatistics(conv2dTiled({ ...layer, splits: 2 }))).to.equal(undefined)
    expect(emittingStatistics(conv2d(layer))).to.equal(undefined)
  })
})

type Variant = (options: Conv2dOptions, subgroupSize: number) => Kernel

function verifyAll(variant: Variant): void {
  const caseOf = (name: string) => cases.find(test => test.name === name)!
  for (const name of subset) it(name, () => verifyStatistics(variant, caseOf(name)))
  it('a mean a thousand times the deviation', () => verifyStatistics(variant, caseOf(FAR), 500))
  it('Inf in the input: NaN', () => verifyStatistics(variant, caseOf('Inf in the input')))
}

/** Merged, they are those of the output as it is stored; `shift` is added to the input, and then no bias rounds what is stored. */
async function verifyStatistics(variant: Variant, test: Conv2dCase, shift = 0): Promise<void> {
  const gpu = await testGpu()
  const run = conv2dRun(test, {
    variant: options => emittingStatistics(variant(options, gpu.subgroupSize!))!,
  })
  const input = (run.data.input as Float32Array).map(value => value + shift)
  const bias = (run.data.bias as Float32Array).map(value => (shift === 0 ? value : 0))
  const outputs = await runKernel(gpu, run.kernel, { ...run.data, input, bias })
  if (shift === 0) checkOutputs(run, outputs)

  const shape = conv2dShape(conv2dOf(test))
  const [n, h, w, channels] = shape
  const stored = unpadChannels(new Float32Array(outputs.output.buffer), shape)
  const output: Array4 = { shape, data: Float64Array.from(stored) }
  const { row_tiles: tiles } = run.kernel.params
  const merged = await runKernel(
    gpu,
    batchNormMerge({ label: test.name, input: shape, momentum: 1, tiles }),
    {
      partials: outputs.statistics,
      running_mean: new Float32Array(channels),
      running_variance: new Float32Array(channels),
    },
  )
  const { mean, variance } = reference(output)
  expectChannels(merged.mean, mean, tolerance(n * h * w))
  expectChannels(merged.variance, variance, tolerance(n * h * w))
}
