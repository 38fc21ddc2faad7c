import { globalAveragePool } from '../../src/kernels/global_average_pool.ts'
import { cases, globalAveragePoolOf } from '../cases/global_average_pool.ts'
import { expectClose, tolerance } from '../reference/compare.ts'
import { globalAveragePool as reference } from '../reference/global_average_pool.ts'
import { fromGpu, toGpu } from '../support/activations.ts'
import { testGpu } from '../support/gpu.ts'
import { runKernel } from '../support/run_kernel.ts'

describe('kernel global_average_pool', () => {
  for (const test of cases) {
    it(test.name, async () => {
      const input = globalAveragePoolOf(test)
      const [, h, w] = input.shape
      const kernel = globalAveragePool({ label: test.name, input: input.shape })
      const { output } = await runKernel(await testGpu(), kernel, { input: toGpu(input) })
      const { shape, data } = reference(input)
      expectClose(fromGpu(output, shape), data, { shape, rtol: tolerance(h * w) })
    })
  }
})
