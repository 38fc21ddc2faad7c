import { concat } from '../../src/kernels/concat.ts'
import { cases, concatOf } from '../cases/concat.ts'
import { expectClose } from '../reference/compare.ts'
import { concat as reference } from '../reference/concat.ts'
import { EXACT, fromGpu, toGpu } from '../support/activations.ts'
import { testGpu } from '../support/gpu.ts'
import { runKernel } from '../support/run_kernel.ts'

describe('kernel concat', () => {
  for (const test of cases) {
    it(test.name, async () => {
      const inputs = concatOf(test)
      const expected = reference(inputs)
      const channels = expected.shape[3]

      // One kernel for each input, every one given what those before it wrote.
      let output: Uint8Array<ArrayBuffer> | undefined
      let offset = 0
      for (const input of inputs) {
        const kernel = concat({ label: test.name, input: input.shape, slice: { offset, channels } })
        const data = { input: toGpu(input), ...(output && { output }) }
        output = (await runKernel(await testGpu(), kernel, data)).output
        offset += input.shape[3]
      }
      expectClose(fromGpu(output!, expected.shape), expected.data, { shape: expected.shape, ...EXACT })
    })
  }
})
