import { cases } from '../cases/winograd.ts'
import { testGpu } from '../support/gpu.ts'
import { verify } from '../support/kernel_run.ts'
import { winogradMultiplyRun } from './winograd.ts'

describe('kernel winograd_multiply', () => {
  before(async function () {
    const { subgroupSize = 0 } = await testGpu()
    if (subgroupSize < 8) this.skip()
  })

  for (const test of cases) {
    it(test.name, async () => {
      const gpu = await testGpu()
      await verify(gpu, winogradMultiplyRun(test, gpu))
    })
  }
})
