import { cases } from '../cases/accumulate_gradients.ts'
import { testGpu } from '../support/gpu.ts'
import { verify } from '../support/kernel_run.ts'
import { accumulateGradientsRun } from './accumulate_gradients.ts'

describe('kernel accumulate_gradients', () => {
  for (const test of cases) it(test.name, async () => verify(await testGpu(), accumulateGradientsRun(test)))
})
