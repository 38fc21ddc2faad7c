import { cases } from '../cases/winograd.ts'
import { testGpu } from '../support/gpu.ts'
import { verify } from '../support/kernel_run.ts'
import { winogradInputRun } from './winograd.ts'

describe('kernel winograd_input', () => {
  for (const test of cases) {
    it(test.name, async () => verify(await testGpu(), winogradInputRun(test)))
  }
})
