import { batchNorm } from '../../src/kernels/batch_norm.ts'
import { batchNormOf, cases } from '../cases/batch_norm.ts'
import { batchNorm as reference } from '../reference/batch_norm.ts'
import { expectClose, tolerance } from '../reference/compare.ts'
import { fromGpu, toGpu } from '../support/activations.ts'
import { testGpu } from '../support/gpu.ts'
import { runKernel } from '../support/run_kernel.ts'

describe('kernel batch_norm', () => {
  for (const test of cases) {
    it(test.name, async () => {
      const operands = batchNormOf(test)
      const { name: label, input, epsilon, activation } = test
      const { output } = await runKernel(await testGpu(), batchNorm({ label, input, epsilon, activation }), {
        input: toGpu(operands.input),
        gamma: Float32Array.from(operands.gamma),
        beta: Float32Array.from(operands.beta),
        mean: Float32Array.from(operands.mean),
        variance: Float32Array.from(operands.variance),
      })
      expectClose(fromGpu(output, input), reference(operands).data, { shape: input, rtol: tolerance(1) })
    })
  }
})
