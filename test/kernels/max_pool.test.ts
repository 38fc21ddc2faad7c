import { cases } from '../cases/max_pool.ts'
import { testGpu } from '../support/gpu.ts'
import { verify } from '../support/kernel_run.ts'
import { maxPoolRun } from './max_pool.ts'

describe('kernel max_pool', () => {
  for (const test of cases) it(test.name, async () => verify(await testGpu(), maxPoolRun(test)))
})
