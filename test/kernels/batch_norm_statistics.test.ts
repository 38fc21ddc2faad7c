import { expect } from 'chai'
import { UserError } from '../../src/errors.ts'
import { runKernel } from '../../src/gpu/run_kernel.ts'
import { batchNormMerge, batchNormStatistics } from '../../src/kernels/normalisation/batch_norm_statistics.ts'
import { batchNormStatistics as reference } from '../reference/batch_norm_statistics.ts'
import { toGpu } from '../support/activations.ts'
import { testGpu } from '../support/gpu.ts'
import { batchNormStatisticsOf } from './batch_norm_statistics.ts'

describe('the statistics of batch norm', () => {
  it('one value a channel has no variance', () => {
    const make = () => batchNormStatistics({ label: 'aspp.pool', input: [1, 1, 1, 256] })
    expect(make).to.throw(UserError, 'aspp.pool: batch norm in training needs more than one value a channel')
  })

  it('of values around 1000 ± 1 have a variance to 2e-6 of itself, and a mean to one float32', async () => {
    const gpu = await testGpu()
    const { input } = batchNormStatisticsOf({ input: [2, 65, 33, 24], shift: 1000, seed: 1 })
    const options = { label: 'bn', input: input.shape }
    const { partials } = await runKernel(gpu, batchNormStatistics(options), { input: toGpu(input) })
    const zeros = new Float32Array(24)
    const running = { running_mean: zeros, running_variance: zeros }
    const merge = batchNormMerge({ ...options, momentum: 1 })
    const found = await runKernel(gpu, merge, { partials, ...running })
    const expected = reference(input)
    const [mean, variance] = [new Float32Array(found.mean.buffer), new Float32Array(found.variance.buffer)]
    expected.variance.forEach((each, c) => {
      expect(variance[c] / each, `variance of channel ${c}`).to.be.closeTo(1, 2e-6)
      expect(mean[c], `mean of channel ${c}`).to.be.closeTo(expected.mean[c], 2 ** -14)
    })
  })
})
