import { cases } from '../cases/winograd.ts'
import { testGpu } from '../support/gpu.ts'
import { verify } from '../support/kernel_run.ts'
import { winogradWeightRun } from './winograd.ts'

describe('kernel winograd_weight', () => {
  for (const test of cases) {
    it(test.name, async () => verify(await testGpu(), winogradWeightRun(test)))
  }
})
