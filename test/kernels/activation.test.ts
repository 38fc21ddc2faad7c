import { activation } from '../../src/kernels/activation.ts'
import { activationOf, cases } from '../cases/activation.ts'
import { activation as reference } from '../reference/activation.ts'
import { expectClose } from '../reference/compare.ts'
import { EXACT, fromGpu, toGpu } from '../support/activations.ts'
import { testGpu } from '../support/gpu.ts'
import { runKernel } from '../support/run_kernel.ts'

describe('kernel activation', () => {
  for (const test of cases) {
    it(test.name, async () => {
      const input = activationOf(test)
      const shape = test.input
      const kernel = activation({ label: test.name, shape, activation: test.kind })
      const { output } = await runKernel(await testGpu(), kernel, { input: toGpu(input) })
      expectClose(fromGpu(output, shape), reference(input, test.kind).data, { shape, ...EXACT })
    })
  }
})
