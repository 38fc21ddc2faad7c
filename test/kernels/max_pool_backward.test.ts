import { cases } from '../cases/max_pool_backward.ts'
import { testGpu } from '../support/gpu.ts'
import { verify } from '../support/kernel_run.ts'
import { maxPoolBackwardRun, maxPoolWinnersRun } from './max_pool_backward.ts'

describe('kernel max_pool_winners', () => {
  for (const test of cases) it(test.name, async () => verify(await testGpu(), maxPoolWinnersRun(test)))
})

describe('kernel max_pool_backward', () => {
  for (const test of cases) it(test.name, async () => verify(await testGpu(), maxPoolBackwardRun(test)))
})
