import { softmax } from '../../src/kernels/softmax.ts'
import { cases, softmaxOf } from '../cases/softmax.ts'
import { expectClose, tolerance } from '../reference/compare.ts'
import { softmax as reference } from '../reference/softmax.ts'
import { fromGpu, toGpu } from '../support/activations.ts'
import { testGpu } from '../support/gpu.ts'
import { runKernel } from '../support/run_kernel.ts'

describe('kernel softmax', () => {
  for (const test of cases) {
    it(test.name, async () => {
      const input = softmaxOf(test)
      const { shape } = input
      const kernel = softmax({ label: test.name, shape })
      const { output } = await runKernel(await testGpu(), kernel, { input: toGpu(input) })
      expectClose(fromGpu(output, shape), reference(input).data, { shape, rtol: tolerance(shape[3]) })
    })
  }
})
