import { expect } from 'chai'
import { runKernel } from '../../src/gpu/run_kernel.ts'
import { cases } from '../cases/depthwise_conv2d_backward.ts'
import { testGpu } from '../support/gpu.ts'
import { verify } from '../support/kernel_run.ts'
import { depthwiseConv2dBackwardWeightRun } from './depthwise_conv2d_backward_weight.ts'

describe('kernel depthwise_conv2d_backward_weight', () => {
  for (const test of cases)
    it(test.name, async () => {
      await verify(await testGpu(), depthwiseConv2dBackwardWeightRun(test))
    })

  it('twice the same bits', async () => {
    const gpu = await testGpu()
    const { kernel, data } = depthwiseConv2dBackwardWeightRun(
      cases.find(({ name }) => name === 'mobilenet_v2 32 channels on 65×65')!,
    )
    expect(kernel.params.splits).to.be.above(1)
    const [first, second] = [await runKernel(gpu, kernel, data), await runKernel(gpu, kernel, data)]
    expect(second).to.deep.equal(first)
  })
})
