import { expect } from 'chai'
import { storedAsFloat16, storedBuffers } from '../../src/gpu/float16_storage.ts'
import { trafficOf } from '../../src/gpu/kernel.ts'
import { shadersByName } from '../../src/gpu/shaders_by_name.ts'
import { concat } from '../../src/kernels/elementwise/concat.ts'
import { suite as accumulateProbabilities } from '../kernels/accumulate_probabilities.ts'
import { verifyFloat16 } from '../support/float16.ts'
import { needsFloat16, testGpu } from '../support/gpu.ts'
import type { KernelCases } from '../support/kernel_suite.ts'
import { loadSuites } from '../support/kernel_suites.ts'
import { skipWhereNotRun } from '../support/test_suites.ts'

/** All suites except conv2d_subgroup_matrix, which rounds any input to f16. */
const suites = (await loadSuites()).filter(
  ({ shader }) =>
    storedBuffers({ shader: shadersByName[shader] }).size > 0 && shader !== 'conv2d_subgroup_matrix',
)

/**
 * Tests the cases without the layers of real networks, which test/model/golden.test.ts verifies in whole networks. Those of `atrous
 * doctor` take every path of a shader: the others are slow ones.
 */
function testCases({ cases, run }: KernelCases): void {
  for (const test of cases.filter(({ bench }) => !bench))
    it(test.answer ? test.name : `${test.name} (slow)`, async () => {
      const gpu = await testGpu()
      await verifyFloat16(gpu, run(test, gpu))
    })
}

describe('gpu/float16_storage', () => {
  it('halves the buffers that a shader declares as Stored, and no others', async () => {
    const slice = { offset: 4, channels: 20 }
    const kernel = concat({ label: 'concat', input: [1, 5, 7, 8], slice })
    const narrow = storedAsFloat16(kernel)
    expect(narrow).to.deep.include({ inputs: { input: 35 * 16 }, outputs: { output: 35 * 40 } })
    expect(trafficOf(narrow)).to.equal(trafficOf(kernel) / 2)
    const [test] = accumulateProbabilities.cases
    const full = accumulateProbabilities.run(test, await testGpu()).kernel
    const { inputs, outputs } = storedAsFloat16(full)
    expect(inputs.logits).to.equal(full.inputs.logits / 2)
    expect(outputs).to.deep.equal(full.outputs)
  })

  describe('the same results as with f32, rounded where they are stored (needs shader-f16)', () => {
    before(needsFloat16)
    for (const suite of suites)
      describe(suite.shader, () => {
        before(skipWhereNotRun(suite))
        testCases(suite)
        for (const [name, variant] of Object.entries(suite.variants ?? {}))
          describe(name, () => testCases(variant))
      })
  })
})
