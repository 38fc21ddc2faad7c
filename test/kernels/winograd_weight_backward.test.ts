import { cases } from '../cases/winograd.ts'
import { testGpu } from '../support/gpu.ts'
import { verify } from '../support/kernel_run.ts'
import { winogradWeightBackwardRun } from './winograd_backward.ts'

describe('kernel winograd_weight_backward', () => {
  for (const test of cases) {
    it(test.name, async () => verify(await testGpu(), winogradWeightBackwardRun(test)))
  }
})
