import { resize } from '../../src/kernels/resize.ts'
import { cases, resizeOf } from '../cases/resize.ts'
import { expectClose, tolerance } from '../reference/compare.ts'
import { resize as reference } from '../reference/resize.ts'
import { fromGpu, toGpu } from '../support/activations.ts'
import { testGpu } from '../support/gpu.ts'
import { runKernel } from '../support/run_kernel.ts'

describe('kernel resize', () => {
  for (const test of cases) {
    it(test.name, async () => {
      const operands = resizeOf(test)
      const { name: label, input, height, width, alignCorners } = test
      const kernel = resize({ label, input, height, width, alignCorners })
      const { output } = await runKernel(await testGpu(), kernel, { input: toGpu(operands.input) })
      const { shape, data } = reference(operands)
      expectClose(fromGpu(output, shape), data, { shape, rtol: tolerance(4) })
    })
  }
})
