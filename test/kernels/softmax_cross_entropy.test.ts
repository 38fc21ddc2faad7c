import { expect } from 'chai'
import { runKernel } from '../../src/gpu/run_kernel.ts'
import { cases } from '../cases/softmax_cross_entropy.ts'
import { testGpu } from '../support/gpu.ts'
import { verify } from '../support/kernel_run.ts'
import {
  softmaxCrossEntropyBackwardRun,
  softmaxCrossEntropyMergeRun,
  softmaxCrossEntropyRun,
} from './softmax_cross_entropy.ts'

describe('kernel softmax_cross_entropy', () => {
  for (const test of cases) it(test.name, async () => verify(await testGpu(), softmaxCrossEntropyRun(test)))
})

describe('kernel softmax_cross_entropy_merge', () => {
  for (const test of cases)
    it(test.name, async () => verify(await testGpu(), softmaxCrossEntropyMergeRun(test)))
})

describe('kernel softmax_cross_entropy_backward', () => {
  for (const test of cases)
    it(test.name, async () => verify(await testGpu(), softmaxCrossEntropyBackwardRun(test)))

  it('gives the same bits twice', async () => {
    const { kernel, data } = softmaxCrossEntropyBackwardRun(
      cases.find(({ name }) => name.startsWith('odd ratios'))!,
    )
    const [first, second] = [
      await runKernel(await testGpu(), kernel, data),
      await runKernel(await testGpu(), kernel, data),
    ]
    expect(first).to.deep.equal(second)
  })
})
