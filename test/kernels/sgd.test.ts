import { cases } from '../cases/sgd.ts'
import { testGpu } from '../support/gpu.ts'
import { verify } from '../support/kernel_run.ts'
import { sgdRun } from './sgd.ts'

describe('kernel sgd', () => {
  for (const test of cases) it(test.name, async () => verify(await testGpu(), sgdRun(test)))
})
