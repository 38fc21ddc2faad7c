import { expect } from 'chai'
import { foldGrid } from '../../src/gpu/kernel.ts'
import { runKernel } from '../../src/gpu/run_kernel.ts'
import { type Conv2dOptions, conv2d } from '../../src/kernels/convolution/conv2d.ts'
import { globalAveragePool } from '../../src/kernels/pooling/global_average_pool.ts'
import { conv2dCase, conv2dRun } from '../kernels/conv2d.ts'
import { randomArray4 } from '../reference/array4.ts'
import { expectClose, tolerance } from '../reference/compare.ts'
import { globalAveragePool as averages } from '../reference/global_average_pool.ts'
import { fromGpu, toGpu } from '../support/activations.ts'
import { testGpu } from '../support/gpu.ts'
import { verify } from '../support/kernel_run.ts'

const LIMIT = 65535

describe('gpu/kernel foldGrid', () => {
  it('does not change a grid that fits', () => {
    expect(foldGrid(1, LIMIT)).to.deep.equal([1, 1])
    expect(foldGrid(LIMIT, LIMIT)).to.deep.equal([LIMIT, 1])
  })

  it('folds a longer grid into few rows, with less than one row of excess', () => {
    for (const count of [LIMIT + 1, 70_001, 1_000_003, LIMIT * LIMIT]) {
      const [x, y] = foldGrid(count, LIMIT)
      expect(x).to.be.at.most(LIMIT)
      expect(y).to.equal(Math.ceil(count / LIMIT))
      expect(x * y - count).to.be.within(0, y - 1)
    }
  })

  it('runs a kernel of 70 001 workgroups, with an idle workgroup at the end', async () => {
    const input = randomArray4([70_001, 1, 2, 4], 1)
    const kernel = globalAveragePool({ label: 'many', input: input.shape })
    expect(kernel.workgroups).to.equal(70_001)
    const { output } = await runKernel(await testGpu(), kernel, { input: toGpu(input) })
    const { shape, data } = averages(input)
    expectClose(fromGpu(output, shape), data, { shape, rtol: tolerance(2) })
  })

  it('runs a convolution of 69 696 workgroups', async () => {
    const gpu = await testGpu()
    const layer = conv2dCase('3×3, 64 → 64 channels on 33×33')
    const wider = { ...layer, input: [1, 66, 66, 3] as const, outChannels: 64 }
    const tile = { pixels: 1, vectors: 1, lanesX: 1, lanesY: 1 }
    const variant = (options: Conv2dOptions) => conv2d({ ...options, tile })
    const run = conv2dRun(wider, { variant })
    expect(run.kernel.workgroups).to.equal(66 * 66 * 16)
    await verify(gpu, run)
  })
})
