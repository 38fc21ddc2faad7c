// Kernels with unrolled loops, as SwiftShader gets them, make the same bits as with loops.

import { expect } from 'chai'
import type { Kernel } from '../../src/gpu/kernel.ts'
import { unroll } from '../../src/gpu/quirks/unroll.ts'
import { runKernel } from '../../src/gpu/run_kernel.ts'
import { assemble } from '../../src/gpu/wgsl.ts'
import { testGpu } from '../support/gpu.ts'
import { loadSuites } from '../support/kernel_suites.ts'
import { skipWhereNotRun } from '../support/test_suites.ts'

/** Kernels for hardware GPUs, which get no unrolled text. */
const LEFT_OUT = ['conv2d_tiled', 'winograd_multiply_tiled']
const suites = (await loadSuites()).filter(({ shader }) => !LEFT_OUT.includes(shader))

/** Unrolled, conv2d's tiles of several vectors take lavapipe minutes to compile. */
const compilesSoon = (kernel: Kernel) =>
  kernel.shader.name !== 'conv2d' || kernel.constants?.LANE_VECTORS === 1

describe('kernels with unrolled loops make the same bits (slow)', () => {
  for (const suite of suites) {
    const { shader, cases, run } = suite
    it(shader, async function () {
      await skipWhereNotRun(suite).call(this)
      const gpu = await testGpu()
      const tests = cases.filter(test => test.answer && compilesSoon(run(test, gpu).kernel))
      expect(tests).to.not.deep.equal([])
      for (const test of tests) {
        const { kernel, data } = run(test, gpu)
        const unrolled = await runKernel(gpu, unrolledKernel(kernel), data)
        expect(unrolled, test.name).to.deep.equal(await runKernel(gpu, kernel, data))
      }
    })
  }
})

function unrolledKernel(kernel: Kernel): Kernel {
  const wgsl = unroll(assemble(kernel.shader.wgsl, { ...kernel, subgroupSize: undefined }))
  return { ...kernel, shader: { name: kernel.shader.name, wgsl }, constants: {}, stored: undefined }
}
