import { cases } from '../cases/winograd.ts'
import { testGpu } from '../support/gpu.ts'
import { verify } from '../support/kernel_run.ts'
import { winogradMultiplyBackwardRun } from './winograd_backward.ts'

describe('kernel winograd_multiply_backward', () => {
  before(async function () {
    const { subgroupSize = 0 } = await testGpu()
    if (subgroupSize < 8) this.skip()
  })

  for (const accumulate of [false, true])
    describe(accumulate ? 'added to the sums of other tiles' : 'alone', () => {
      for (const test of cases)
        it(test.name, async () => {
          const gpu = await testGpu()
          await verify(gpu, winogradMultiplyBackwardRun(test, gpu, accumulate))
        })
    })
})
