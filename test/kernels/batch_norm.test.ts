import { cases } from '../cases/batch_norm.ts'
import { testGpu } from '../support/gpu.ts'
import { verify } from '../support/kernel_run.ts'
import { batchNormRun } from './batch_norm.ts'

describe('kernel batch_norm', () => {
  for (const test of cases) it(test.name, async () => verify(await testGpu(), batchNormRun(test)))
})
