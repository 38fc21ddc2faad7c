import { maxPool } from '../../src/kernels/max_pool.ts'
import { cases, maxPoolOf } from '../cases/max_pool.ts'
import { expectClose } from '../reference/compare.ts'
import { maxPool as reference } from '../reference/max_pool.ts'
import { EXACT, fromGpu, toGpu } from '../support/activations.ts'
import { testGpu } from '../support/gpu.ts'
import { runKernel } from '../support/run_kernel.ts'

describe('kernel max_pool', () => {
  for (const test of cases) {
    it(test.name, async () => {
      const operands = maxPoolOf(test)
      const { input, kernel, stride, padding } = operands
      const { output } = await runKernel(
        await testGpu(),
        maxPool({ label: test.name, input: input.shape, kernel, stride, padding }),
        { input: toGpu(input) },
      )
      const { shape, data } = reference(operands)
      expectClose(fromGpu(output, shape), data, { shape, ...EXACT })
    })
  }
})
