import { cases } from '../cases/bias_gradient.ts'
import { testGpu } from '../support/gpu.ts'
import { verify } from '../support/kernel_run.ts'
import { biasGradientRun } from './bias_gradient.ts'

describe('kernel bias_gradient', () => {
  for (const test of cases)
    it(test.name, async () => {
      await verify(await testGpu(), biasGradientRun(test))
    })
})
