import { cases } from '../cases/activation_backward.ts'
import { testGpu } from '../support/gpu.ts'
import { verify } from '../support/kernel_run.ts'
import { activationBackwardRun } from './activation_backward.ts'

describe('kernel activation_backward', () => {
  for (const test of cases) it(test.name, async () => verify(await testGpu(), activationBackwardRun(test)))
})
