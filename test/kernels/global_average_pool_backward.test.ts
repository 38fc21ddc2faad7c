import { cases } from '../cases/global_average_pool_backward.ts'
import { testGpu } from '../support/gpu.ts'
import { verify } from '../support/kernel_run.ts'
import { globalAveragePoolBackwardRun } from './global_average_pool_backward.ts'

describe('kernel global_average_pool_backward', () => {
  for (const test of cases)
    it(test.name, async () => verify(await testGpu(), globalAveragePoolBackwardRun(test)))
})
