import { cases } from '../cases/resize_backward.ts'
import { testGpu } from '../support/gpu.ts'
import { verify } from '../support/kernel_run.ts'
import { resizeBackwardRun } from './resize_backward.ts'

describe('kernel resize_backward', () => {
  for (const test of cases) it(test.name, async () => verify(await testGpu(), resizeBackwardRun(test)))
})
