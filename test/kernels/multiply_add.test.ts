import { cases } from '../cases/multiply_add.ts'
import { testGpu } from '../support/gpu.ts'
import { verify } from '../support/kernel_run.ts'
import { multiplyAddRun } from './multiply_add.ts'

describe('kernel multiply_add', () => {
  for (const test of cases) it(test.name, async () => verify(await testGpu(), multiplyAddRun(test)))
})
