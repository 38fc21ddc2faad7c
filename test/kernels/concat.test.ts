import { cases } from '../cases/concat.ts'
import { testGpu } from '../support/gpu.ts'
import { verify } from '../support/kernel_run.ts'
import { concatRun } from './concat.ts'

describe('kernel concat', () => {
  for (const test of cases)
    it(test.name, async () => {
      for (const which of test.channels.keys()) await verify(await testGpu(), concatRun(test, which))
    })
})
