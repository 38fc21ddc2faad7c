import { cases } from '../cases/add.ts'
import { testGpu } from '../support/gpu.ts'
import { verify } from '../support/kernel_run.ts'
import { addRun } from './add.ts'

describe('kernel add', () => {
  for (const test of cases) it(test.name, async () => verify(await testGpu(), addRun(test)))
})
