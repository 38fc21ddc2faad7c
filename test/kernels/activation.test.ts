import { cases } from '../cases/activation.ts'
import { testGpu } from '../support/gpu.ts'
import { verify } from '../support/kernel_run.ts'
import { activationRun } from './activation.ts'

describe('kernel activation', () => {
  for (const test of cases) it(test.name, async () => verify(await testGpu(), activationRun(test)))
})
