import { expect } from 'chai'
import { UserError } from '../../src/errors.ts'
import { batchNormStatistics } from '../../src/kernels/batch_norm_statistics.ts'
import { cases } from '../cases/batch_norm_statistics.ts'
import { testGpu } from '../support/gpu.ts'
import { verify } from '../support/kernel_run.ts'
import { batchNormMergeRun, batchNormStatisticsRun } from './batch_norm_statistics.ts'

describe('kernel batch_norm_statistics', () => {
  for (const test of cases) it(test.name, async () => verify(await testGpu(), batchNormStatisticsRun(test)))

  it('one value a channel has no variance', () => {
    const make = () => batchNormStatistics({ label: 'aspp.pool', input: [1, 1, 1, 256] })
    expect(make).to.throw(UserError, 'aspp.pool: batch norm in training needs more than one value a channel')
  })
})

describe('kernel batch_norm_merge', () => {
  for (const test of cases) it(test.name, async () => verify(await testGpu(), batchNormMergeRun(test)))
})
