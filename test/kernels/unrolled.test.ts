// Kernels with unrolled loops, as SwiftShader gets them, make the same bits as with loops.

import { expect } from 'chai'
import { type Kernel, shaderName, shaderText } from '../../src/gpu/kernel.ts'
import { runKernel } from '../../src/gpu/run_kernel.ts'
import { unroll } from '../../src/gpu/unroll.ts'
import { assemble } from '../../src/gpu/wgsl.ts'
import { testGpu } from '../support/gpu.ts'
import { loadSuites } from '../support/kernel_suites.ts'
import { skipWhereNotRun } from '../support/test_suites.ts'

/**
 * Unrolled, a text of conv2d takes lavapipe minutes to compile. conv2d_subgroup has the same loops. The tiled kernels are for
 * hardware GPUs, which get no unrolled text.
 */
const LEFT_OUT = ['conv2d', 'conv2d_tiled', 'winograd_multiply_tiled']
const suites = (await loadSuites()).filter(({ shader }) => !LEFT_OUT.includes(shader))

describe('kernels with unrolled loops make the same bits', () => {
  for (const suite of suites) {
    const { shader, cases, run } = suite
    it(shader, async function () {
      await skipWhereNotRun(suite).call(this)
      const gpu = await testGpu()
      for (const test of cases.filter(({ answer }) => answer)) {
        const { kernel, data } = run(test, gpu)
        const unrolled = await runKernel(gpu, unrolledKernel(kernel), data)
        expect(unrolled, test.name).to.deep.equal(await runKernel(gpu, kernel, data))
      }
    })
  }
})

function unrolledKernel(kernel: Kernel): Kernel {
  const wgsl = unroll(assemble(shaderText(kernel), kernel))
  return { ...kernel, shader: { name: shaderName(kernel), wgsl }, constants: {}, stored: undefined }
}
