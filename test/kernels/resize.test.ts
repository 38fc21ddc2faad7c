import { cases } from '../cases/resize.ts'
import { testGpu } from '../support/gpu.ts'
import { verify } from '../support/kernel_run.ts'
import { resizeRun } from './resize.ts'

describe('kernel resize', () => {
  for (const test of cases) it(test.name, async () => verify(await testGpu(), resizeRun(test)))
})
