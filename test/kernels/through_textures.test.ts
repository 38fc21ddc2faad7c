// Kernels give the same bits through textures as from buffers.

import { expect } from 'chai'
import { adapterKey } from '../../src/bench/answers/kernel_check.ts'
import { storedAsFloat16, storedBuffers } from '../../src/gpu/float16_storage.ts'
import { runKernel } from '../../src/gpu/run_kernel.ts'
import { shadersByName } from '../../src/gpu/shaders_by_name.ts'
import { readsTextures } from '../../src/graph/convolution/through_textures.ts'
import { toFloat16 } from '../../src/kernels/float16.ts'
import { testGpu } from '../support/gpu.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import { loadSuites } from '../support/kernel_suites.ts'
import { skip } from '../support/skip.ts'

/** The inputs that a shader can read through textures, by the lines that texture_reads.ts describes. */
const readable = (text: string) =>
  [...text.matchAll(/^fn (\w+)_at\(index: u32\) -> vec4f { return vec4f\(\w+\[index\]\); }/gm)].map(
    ([, name]) => name,
  )

const suites = (await loadSuites()).filter(({ shader }) => readable(shadersByName[shader].wgsl).length > 0)

describe('the same bits through textures as from buffers', () => {
  it('is a question for some kernels', () => {
    expect(suites.map(({ shader }) => shader)).to.include.members([
      'conv2d_subgroup',
      'winograd_multiply_texture',
    ])
  })

  for (const { shader, needs, cases, run } of suites) {
    const small = cases.filter(({ bench }) => !bench)
    it(`by ${shader}, in ${small.length} cases (slow)`, async function () {
      const gpu = await testGpu()
      if (!readsTextures(gpu)) skip(this, 'networks here do not read through textures')
      if (needs && adapterKey(needs, gpu) === undefined)
        skip(this, `this adapter has no ${needs} that the kernel can use`)
      for (const test of small) {
        const { kernel, data } = run(test, gpu)
        const textures = readable(shadersByName[shader].wgsl)
        const expected = await runKernel(gpu, kernel, data)
        expect(await runKernel(gpu, { ...kernel, textures }, data), test.name).to.deep.equal(expected)
      }
    })

    it(`by ${shader}, stored as f16`, async function () {
      const gpu = await testGpu()
      if (!readsTextures(gpu)) skip(this, 'networks here do not read through textures')
      if (!gpu.device.features.has('shader-f16')) skip(this, 'this adapter has no shader-f16')
      if (needs && adapterKey(needs, gpu) === undefined)
        skip(this, `this adapter has no ${needs} that the kernel can use`)
      const test = cases.find(({ answer }) => answer)!
      const { kernel, data } = asFloat16(run(test, gpu))
      const textures = readable(shadersByName[shader].wgsl)
      const expected = await runKernel(gpu, kernel, data)
      expect(await runKernel(gpu, { ...kernel, textures }, data), test.name).to.deep.equal(expected)
    })
  }
})

function asFloat16({ kernel, data }: KernelRun): Pick<KernelRun, 'kernel' | 'data'> {
  const stored = storedBuffers(kernel)
  const narrow = Object.entries(data).map(([name, values]) => [
    name,
    stored.has(name) ? toFloat16(values as Float32Array) : values,
  ])
  return { kernel: storedAsFloat16(kernel), data: Object.fromEntries(narrow) }
}
