import { expect } from 'chai'
import { ShaderError } from '../../src/gpu/errors.ts'
import { PipelineCache } from '../../src/gpu/pipelines.ts'
import type { Quirk } from '../../src/gpu/quirks/quirks.ts'
import { unroll } from '../../src/gpu/quirks/unroll.ts'
import * as shaders from '../../src/gpu/shaders.gen.ts'
import { assemble } from '../../src/gpu/wgsl.ts'
import { multiplyAdd } from '../../src/kernels/ceilings/multiply_add.ts'
import { activation } from '../../src/kernels/elementwise/activation.ts'
import { testGpu } from '../support/gpu.ts'
import { rejects } from '../support/rejects.ts'

const kernel = activation({ label: 'backbone.relu', shape: [1, 1, 1, 4], activation: 'relu' })
const add = multiplyAdd({ label: 'add', count: 4, rounds: 1, chains: 2, factor: 1, addend: 1 })

describe('gpu/pipelines', () => {
  it('compiles once for each set of constants, whatever the parameters and labels are', async () => {
    const { pipelines } = await testGpu()
    const first = await pipelines.get(kernel)
    const other = activation({ label: 'aspp.relu', shape: [2, 8, 8, 4], activation: 'relu6' })
    expect(await pipelines.get(other)).to.equal(first)
    const two = await pipelines.get(add)
    expect(await pipelines.get({ ...add, label: 'other', constants: { CHAINS: 2 } })).to.equal(two)
    expect(await pipelines.get({ ...add, constants: { CHAINS: 3 } })).not.to.equal(two)
  })

  it('is limited: the least recently used pipeline is removed first', async () => {
    const { device, compiled } = countingDevice()
    const pipelines = new PipelineCache(device)
    const variant = (index: number) => pipelines.get({ ...add, constants: { CHAINS: index } })
    for (let index = 0; index < 256; index++) await variant(index)
    await variant(0)
    expect(compiled()).to.equal(256)
    await variant(256) // removes number 1
    await variant(0)
    expect(compiled()).to.equal(257)
    await variant(1)
    expect(compiled()).to.equal(258)
  })

  it('unrolls loops where the adapter wants it', async () => {
    const textFor = async (...quirks: Quirk[]) => {
      const { device, texts } = countingDevice()
      await new PipelineCache(device, new Set(quirks)).get(add)
      return texts[0]
    }
    const text = await textFor()
    expect(text).to.match(/for \(var c = 0u; c < CHAINS; c\+\+\)/)
    expect(await textFor('unroll')).to.equal(unroll(text))
  })

  it('asks for a size of subgroups where kernels get it and the device lets them ask', async () => {
    const textOn = async (sizes: number[], ...features: string[]) => {
      const { device, texts } = countingDevice(...features)
      const pipelines = new PipelineCache(device)
      pipelines.subgroupSizes = sizes
      await pipelines.get({ ...add, subgroupSize: 32 })
      return texts[0]
    }
    const control = 'subgroup-size-control'
    expect(await textOn([16, 32], control)).to.equal(assemble(add.shader.wgsl, { ...add, subgroupSize: 32 }))
    for (const other of [await textOn([8, 16], control), await textOn([32])])
      expect(other).to.equal(assemble(add.shader.wgsl, add))
  })

  it('tells the compiler what is uniform in subgroups that are small enough', async () => {
    const kernel = { ...add, shader: shaders.conv2d_rows, constants: { PARTS: 4 }, uniformLanes: 32 }
    const textOn = async (subgroupMaxSize: number, ...features: string[]) => {
      const { device, texts } = countingDevice(...features)
      Object.assign(device, { adapterInfo: { subgroupMaxSize } })
      await new PipelineCache(device).get(kernel)
      return texts[0]
    }
    const text = assemble(kernel.shader.wgsl, kernel)
    const uniform = text.replace('return value;', 'return subgroupBroadcastFirst(value);')
    for (const size of [8, 32])
      expect(await textOn(size, 'subgroups')).to.equal(`enable subgroups; ${uniform}`)
    for (const other of [await textOn(64, 'subgroups'), await textOn(32)]) expect(other).to.equal(text)
  })

  it('a shader that does not compile throws its numbered text each time', async () => {
    const { pipelines } = await testGpu()
    const broken = { ...add, constants: { CHAINS: -1 } }
    for (let attempt = 0; attempt < 2; attempt++) {
      const { message } = await rejects(ShaderError, () => pipelines.get(broken))
      expect(message).to.match(/^add: /)
      expect(message).to.include('\n   1  // Multiply-adds without memory')
      expect(message).to.match(/\n +\d+ {2}const CHAINS = -1u;/)
    }
  })

  it('a constant that the shader does not have is also a ShaderError', async () => {
    const { pipelines } = await testGpu()
    const { message } = await rejects(ShaderError, () =>
      pipelines.get({ ...kernel, constants: { DEPTH: 4 } }),
    )
    expect(message).to.include('DEPTH')
  })
})

/** A device that compiles nothing, counts the requests and keeps their texts. */
function countingDevice(...features: string[]) {
  let count = 0
  const texts: string[] = []
  const device = {
    features: new Set(features),
    pushErrorScope: () => {},
    popErrorScope: async () => null,
    createShaderModule: ({ code }: GPUShaderModuleDescriptor) => {
      texts.push(code)
      return {}
    },
    createBindGroupLayout: () => ({}),
    createPipelineLayout: () => ({}),
    createComputePipelineAsync: async () => {
      count++
      return {}
    },
  }
  return { device: device as unknown as GPUDevice, compiled: () => count, texts }
}
