// Kernels that add up many values give the same bits whenever they run: the order of a sum is fixed.

import { expect } from 'chai'
import { runKernel } from '../../src/gpu/run_kernel.ts'
import { testGpu } from '../support/gpu.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import type { KernelCase, KernelSuite } from '../support/kernel_suite.ts'
import { suite as depthwiseConv2dBackwardWeight } from './depthwise_conv2d_backward_weight.ts'
import { suite as softmaxCrossEntropyBackward } from './softmax_cross_entropy_backward.ts'

describe('twice the same bits', () => {
  it('by depthwise_conv2d_backward_weight', async () => {
    const run = await runOf(depthwiseConv2dBackwardWeight, 'mobilenet_v2 32 channels on 65×65')
    expect(run.kernel.params.splits).to.be.above(1)
    await verifySame(run)
  })

  it('by softmax_cross_entropy_backward', async () =>
    verifySame(
      await runOf(softmaxCrossEntropyBackward, 'odd ratios, batch 2, class weights, corners aligned'),
    ))
})

async function runOf<Case extends KernelCase>({ cases, run }: KernelSuite<Case>, name: string) {
  return run(cases.find(test => test.name === name)!, await testGpu())
}

async function verifySame({ kernel, data }: KernelRun): Promise<void> {
  const gpu = await testGpu()
  const [first, second] = [await runKernel(gpu, kernel, data), await runKernel(gpu, kernel, data)]
  expect(second).to.deep.equal(first)
}
