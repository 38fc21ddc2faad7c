import { expect } from 'chai'
import { ShaderError } from '../../src/gpu/errors.ts'
import { PipelineCache } from '../../src/gpu/pipelines.ts'
import { activation } from '../../src/kernels/activation.ts'
import { testGpu } from '../support/gpu.ts'
import { rejects } from '../support/rejects.ts'

const kernel = activation({ label: 'backbone.relu', shape: [1, 1, 1, 4], activation: 'relu' })

describe('gpu/pipelines', () => {
  it('compiles once: parameters and labels share a pipeline, constants and preludes do not', async () => {
    const { pipelines } = await testGpu()
    const first = await pipelines.get(kernel)
    const other = activation({ label: 'aspp.relu', shape: [2, 8, 8, 4], activation: 'relu6' })
    expect(await pipelines.get(other)).to.equal(first)
    expect(await pipelines.get({ ...kernel, consts: { UNUSED: 1 } })).not.to.equal(first)
  })

  it('is bounded: the one used longest ago goes first', async () => {
    const { device, compiled } = countingDevice()
    const pipelines = new PipelineCache(device)
    const variant = (index: number) => pipelines.get({ ...kernel, consts: { VARIANT: index } })
    for (let index = 0; index < 256; index++) await variant(index)
    await variant(0)
    expect(compiled()).to.equal(256)
    await variant(256) // pushes out number 1
    await variant(0)
    expect(compiled()).to.equal(257)
    await variant(1)
    expect(compiled()).to.equal(258)
  })

  it('a shader that does not compile is told with its numbered text, each time', async () => {
    const { pipelines } = await testGpu()
    const broken = { ...kernel, consts: { count: 1, 'not a name': 2 } }
    for (let attempt = 0; attempt < 2; attempt++) {
      const { message } = await rejects(ShaderError, () => pipelines.get(broken))
      expect(message).to.match(/^backbone\.relu: /)
      expect(message).to.include('\n   1  // output = act')
      expect(message).to.match(/\n +\d+ {2}const not a name = 2u;/)
    }
  })

  it('a constant that the shader does not have is a ShaderError too', async () => {
    const { pipelines } = await testGpu()
    const { message } = await rejects(ShaderError, () =>
      pipelines.get({ ...kernel, constants: { LANES: 4 } }),
    )
    expect(message).to.include('LANES')
  })
})

/** A device that compiles nothing and counts how often it was asked to. */
function countingDevice() {
  let count = 0
  const device = {
    pushErrorScope: () => {},
    popErrorScope: async () => null,
    createShaderModule: () => ({}),
    createBindGroupLayout: () => ({}),
    createPipelineLayout: () => ({}),
    createComputePipelineAsync: async () => {
      count++
      return {}
    },
  }
  return { device: device as unknown as GPUDevice, compiled: () => count }
}
