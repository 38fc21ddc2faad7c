import { add } from '../../src/kernels/add.ts'
import { addOf, cases } from '../cases/add.ts'
import { add as reference } from '../reference/add.ts'
import { expectClose, tolerance } from '../reference/compare.ts'
import { fromGpu, toGpu } from '../support/activations.ts'
import { testGpu } from '../support/gpu.ts'
import { runKernel } from '../support/run_kernel.ts'

describe('kernel add', () => {
  for (const test of cases) {
    it(test.name, async () => {
      const operands = addOf(test)
      const { name: label, shape, activation } = test
      const { output } = await runKernel(await testGpu(), add({ label, shape, activation }), {
        a: toGpu(operands.a),
        b: toGpu(operands.b),
      })
      expectClose(fromGpu(output, shape), reference(operands).data, { shape, rtol: tolerance(1) })
    })
  }
})
