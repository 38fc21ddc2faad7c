import { cases } from '../cases/copy.ts'
import { testGpu } from '../support/gpu.ts'
import { verify } from '../support/kernel_run.ts'
import { copyRun } from './copy.ts'

describe('kernel copy', () => {
  for (const test of cases) it(test.name, async () => verify(await testGpu(), copyRun(test)))
})
