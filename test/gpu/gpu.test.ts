import { expect } from 'chai'
import { usage } from '../../src/gpu/buffers.ts'
import { DeviceLostError, NoAdapterError, OutOfMemoryError, ValidationError } from '../../src/gpu/errors.ts'
import type { Gpu } from '../../src/gpu/gpu.ts'
import { requestGpu } from '../../src/gpu/request_gpu.ts'
import { runKernel } from '../../src/gpu/run_kernel.ts'
import { activation } from '../../src/kernels/elementwise/activation.ts'
import { openGpu } from '../../src/node/gpu/dawn.ts'
import { testGpu } from '../support/gpu.ts'
import { rejects } from '../support/rejects.ts'

const kernel = activation({ label: 'relu', shape: [1, 1, 2, 4], activation: 'relu' })
const data = { input: Float32Array.of(-1, 2, -3, 4, -5, 6, -7, 8) }

describe('gpu/gpu', () => {
  it('no adapter is a NoAdapterError', async () => {
    const entry = { requestAdapter: async () => null } as unknown as GPU
    const { message } = await rejects(NoAdapterError, () => requestGpu(entry))
    expect(message).to.include('atrous doctor')
  })

  it('where there is no core adapter, it opens one for the compatibility mode', async () => {
    const { entry } = await testGpu()
    const asked: (GPURequestAdapterOptions | undefined)[] = []
    const requestAdapter = async (options?: GPURequestAdapterOptions) => {
      asked.push(options)
      return options?.featureLevel === 'compatibility' ? entry.requestAdapter() : null
    }
    const gpu = await requestGpu({ requestAdapter } as unknown as GPU)
    const { output } = await runKernel(gpu, kernel, data)
    expect([...new Float32Array(output.buffer)]).to.deep.equal([0, 2, 0, 4, 0, 6, 0, 8])
    expect(asked.map(options => options?.featureLevel)).to.deep.equal([undefined, 'compatibility'])
    gpu.destroy()
  })

  it("has the adapter's limits rather than WebGPU's defaults", async () => {
    const gpu = await testGpu()
    const adapter = await gpu.entry.requestAdapter()
    expect(gpu.limits.maxBufferSize).to.equal(adapter!.limits.maxBufferSize)
    expect(gpu.limits.maxStorageBuffersPerShaderStage).to.be.at.least(8)
  })

  it("has WebGPU's defaults and no optional feature where the caller asks for that", async () => {
    const gpu = await openGpu({ device: { features: [], limits: 'default' } })
    expect(gpu.limits.maxBufferSize).to.equal(256 * 2 ** 20)
    expect(gpu.limits.maxStorageBufferBindingSize).to.equal(128 * 2 ** 20)
    expect(gpu.limits.maxStorageBuffersPerShaderStage).to.equal(8)
    expect(gpu.limits.maxComputeInvocationsPerWorkgroup).to.equal(256)
    expect([gpu.subgroupSize, gpu.subgroupMatrix]).to.deep.equal([undefined, undefined])
    expect(gpu.subgroupSizes).to.deep.equal([])
    expect(gpu.device.features.has('timestamp-query')).to.equal(false)
    gpu.destroy()
  })

  describe('memory', () => {
    it('is counted in multiples of 16 bytes and returns to its start', async () => {
      const gpu = await testGpu()
      const before = gpu.memory
      const buffers = [
        await gpu.allocate('a', 1, usage.storage),
        await gpu.allocate('b', 1001, usage.storage),
      ]
      expect(gpu.memory.liveBytes - before.liveBytes).to.equal(16 + 1008)
      expect(gpu.memory.buffers - before.buffers).to.equal(2)
      expect(gpu.memory.peakBytes).to.be.at.least(gpu.memory.liveBytes)
      for (const buffer of buffers) gpu.release(buffer)
      await runKernel(gpu, kernel, data)
      expect({ ...gpu.memory, peakBytes: 0 }).to.deep.equal({ ...before, peakBytes: 0 })
    })

    it('a buffer larger than the GPU can hold is named with its size', async () => {
      const gpu = await testGpu()
      const { message } = await rejects(OutOfMemoryError, () =>
        gpu.allocate('activations', gpu.limits.maxBufferSize + 1, usage.storage),
      )
      expect(message).to.match(
        /^activations: \d+\.\d MiB is more than this GPU's largest buffer, \d+\.\d MiB$/,
      )
    })

    it('more than the memory holds is refused', async () => {
      const gpu = await openGpu()
      gpu.memoryBytes = 2 ** 20
      const kept = await gpu.allocate('weights', 2 ** 19, usage.storage)
      const allocate = () => gpu.allocate('activations', 2 ** 20, usage.storage)
      expect((await rejects(OutOfMemoryError, allocate)).message).to.equal(
        'activations: 1.0 MiB more than the 0.5 MiB in use do not fit into the memory, 1.0 MiB',
      )
      gpu.release(kept)
      gpu.release(await allocate())
      gpu.destroy()
    })

    it('a full GPU names the buffer that does not fit', async () => {
      const gpu = await requestGpu(fullGpu())
      const { message } = await rejects(OutOfMemoryError, () =>
        gpu.allocate('weights', 2 ** 20, usage.storage),
      )
      expect(message).to.equal('weights: the GPU has no room for 1.0 MiB')
      expect(gpu.memory.buffers).to.equal(0)
    })
  })

  describe('errors on a separate GPU', () => {
    let gpu: Gpu
    beforeEach(async () => {
      gpu = await openGpu()
    })
    afterEach(() => gpu.destroy())

    it('a refused command throws a ValidationError, in this call and all later ones', async () => {
      const buffer = await gpu.allocate('twice', 64, usage.storage)
      gpu.submit('copy', encoder => encoder.copyBufferToBuffer(buffer, 0, buffer, 0, 64))
      const { message } = await rejects(ValidationError, () => gpu.finish())
      expect(message).to.include('"twice"')
      await rejects(ValidationError, () => gpu.submit('more', () => {}))
      await rejects(ValidationError, () => gpu.allocate('more', 16, usage.storage))
    })

    for (const [name, lose] of [
      ['a device lost outside of Gpu', () => gpu.device.destroy()],
      ['a destroyed GPU', () => gpu.destroy()],
    ] as const) {
      it(`${name} is a DeviceLostError, also for pending calls`, async () => {
        const buffer = await gpu.allocate('result', 64, usage.mapRead | usage.copyDestination)
        const reading = gpu.read(buffer, 64)
        lose()
        const { reason } = await rejects(DeviceLostError, () => reading)
        expect(reason).to.equal('destroyed')
        await rejects(DeviceLostError, () => gpu.finish())
        await rejects(DeviceLostError, () => gpu.submit('more', () => {}))
        await rejects(DeviceLostError, () => gpu.allocate('more', 16, usage.storage))
        await rejects(DeviceLostError, () => runKernel(gpu, kernel, data))
      })
    }

    it('if one of several buffers does not fit, none stays', async () => {
      const allocate = gpu.allocate.bind(gpu)
      gpu.allocate = (label, ...rest) =>
        label === 'third' ? Promise.reject(new OutOfMemoryError('third: no room')) : allocate(label, ...rest)
      const { buffers } = gpu.memory
      const wanted = ['first', 'second', 'third'].map(label => ({ label, size: 64, flags: usage.storage }))
      await rejects(OutOfMemoryError, () => gpu.allocateAll(wanted))
      expect(gpu.memory.buffers).to.equal(buffers)
    })

    it('another GPU still works', async () => {
      gpu.device.destroy()
      const { output } = await runKernel(await testGpu(), kernel, data)
      expect([...new Float32Array(output.buffer)]).to.deep.equal([0, 2, 0, 4, 0, 6, 0, 8])
    })
  })
})

/** A GPU on which every allocation fails. */
function fullGpu(): GPU {
  const device = {
    limits: { maxBufferSize: 2 ** 30 },
    features: new Set(),
    lost: new Promise(() => {}),
    addEventListener: () => {},
    createBuffer: () => ({}),
    createBindGroupLayout: () => ({}),
    pushErrorScope: () => {},
    popErrorScope: async () => ({ message: 'out of memory' }),
  }
  const adapter = { features: new Set(), limits: {}, info: {}, requestDevice: async () => device }
  return { requestAdapter: async () => adapter } as unknown as GPU
}
