import { expect } from 'chai'
import { runKernel } from '../../src/gpu/run_kernel.ts'
import {
  type Conv2dBackwardWeightOptions,
  type Conv2dBackwardWeightTile,
  conv2dBackwardWeight,
} from '../../src/kernels/conv2d_backward_weight.ts'
import { conv2dReduceWeight } from '../../src/kernels/conv2d_reduce_weight.ts'
import { symmetric } from '../../src/kernels/geometry.ts'
import { cases, conv2dBackwardOf } from '../cases/conv2d_backward.ts'
import type { Shape4 } from '../reference/array4.ts'
import { testGpu } from '../support/gpu.ts'
import { verify } from '../support/kernel_run.ts'
import { conv2dBackwardWeightRun, expectWeightGradient } from './conv2d_backward_weight.ts'

const caseOf = (name: string) => cases.find(test => test.name === name)!

describe('kernel conv2d_backward_weight', () => {
  for (const test of cases)
    it(test.name, async () => {
      await verify(await testGpu(), conv2dBackwardWeightRun(test))
    })

  describe('tiles that the chooser picks, and odd ones', () => {
    const tiles: Conv2dBackwardWeightTile[] = [
      { rows: 2, columns: 4, lanesX: 8, lanesY: 4 },
      { rows: 2, columns: 4, lanesX: 2, lanesY: 16 },
      { rows: 1, columns: 2, lanesX: 8, lanesY: 1 },
      { rows: 3, columns: 1, lanesX: 1, lanesY: 1 },
      { rows: 1, columns: 3, lanesX: 3, lanesY: 5 },
    ]
    const subset = ['stride 2, batch 3, 24 → 21', 'stride 3, dilation 2, even map', 'NaN'].map(caseOf)
    for (const tile of tiles)
      it(`${tile.rows} × ${tile.columns} vectors, ${tile.lanesX} × ${tile.lanesY} lanes`, async () => {
        const variant = (options: Conv2dBackwardWeightOptions) => conv2dBackwardWeight({ ...options, tile })
        for (const test of subset) await verify(await testGpu(), conv2dBackwardWeightRun(test, variant))
      })
  })

  describe('with its partials added up by conv2d_reduce_weight', () => {
    for (const name of [
      '5 → 21 channels, batch 3',
      '1×1, 3 → 21 channels, batch 3',
      'resnet50.conv1 7×7/2 on 65×65',
    ])
      it(`${name}, twice the same bits`, async () => {
        const test = caseOf(name)
        const first = await weightGradient(test)
        expectWeightGradient(test, conv2dBackwardOf(test, 'weight'), first)
        expect([...(await weightGradient(test))]).to.deep.equal([...first])
      })
  })

  it('few sums over many pixels are split, many or short ones are not', () => {
    const options = { label: 'test', outChannels: 32, kernel: [1, 1], stride: 1, dilation: 1 } as const
    const splits = (input: Shape4) =>
      conv2dBackwardWeight({ ...options, padding: symmetric(0), input }).params.splits
    expect(splits([1, 129, 129, 32])).to.be.above(1)
    expect(splits([1, 9, 9, 32])).to.equal(1)
    expect(splits([1, 129, 129, 2 ** 18])).to.equal(1)
  })
})

async function weightGradient(test: (typeof cases)[number]): Promise<Float32Array> {
  const gpu = await testGpu()
  const { kernel, data } = conv2dBackwardWeightRun(test)
  const { partials } = await runKernel(gpu, kernel, data)
  const reduce = conv2dReduceWeight({
    label: 'reduce',
    weight: conv2dBackwardOf(test, 'weight').weight.shape,
    depthwise: false,
    splits: kernel.params.splits,
  })
  const { weight_gradient } = await runKernel(gpu, reduce, { partials })
  return new Float32Array(weight_gradient.buffer)
}
