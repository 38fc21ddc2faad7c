import { cases } from '../cases/global_average_pool.ts'
import { testGpu } from '../support/gpu.ts'
import { verify } from '../support/kernel_run.ts'
import { globalAveragePoolRun } from './global_average_pool.ts'

describe('kernel global_average_pool', () => {
  for (const test of cases) it(test.name, async () => verify(await testGpu(), globalAveragePoolRun(test)))
})
