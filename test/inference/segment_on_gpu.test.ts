import { expect } from 'chai'
import { usage } from '../../src/gpu/buffers.ts'
import { type Photo, Segmenter } from '../../src/inference/segmenter.ts'
import { backboneOf } from '../../src/model/backbones/index.ts'
import { deepLabConfig } from '../../src/model/config.ts'
import { initialWeights } from '../../src/model/initial_weights.ts'
import { rejection } from '../node/support.ts'
import { blocksPhoto, TINY } from '../node/tiny_model.ts'
import { testGpu } from '../support/gpu.ts'

describe('segmenting on the GPU', () => {
  const config = deepLabConfig(TINY)
  const preprocessing = { ...backboneOf(config).preprocessing, size: 65 }
  const model = { config, preprocessing, parameters: initialWeights(config, 3) }

  /** Runs `work` with a segmenter and a photo on the GPU, and checks that nothing remains but what there was. */
  async function withPhoto(
    photo: Photo,
    work: (segmenter: Segmenter, onGpu: { data: GPUBuffer } & Omit<Photo, 'data'>) => Promise<void>,
  ): Promise<void> {
    const gpu = await testGpu()
    const { liveBytes } = gpu.memory
    const segmenter = new Segmenter(gpu, model)
    const flags = usage.storage | usage.copySource | usage.copyDestination
    const data = await gpu.allocate('photo', photo.data.length, flags)
    gpu.device.queue.writeBuffer(data, 0, photo.data as BufferSource)
    try {
      await work(segmenter, { ...photo, data })
    } finally {
      await segmenter.dispose()
      gpu.release(data)
    }
    expect(gpu.memory.liveBytes).to.equal(liveBytes)
  }

  for (const at of ['photo', 'network'] as const)
    it(`gives the same mask of the ${at}'s size`, () =>
      withPhoto(blocksPhoto(67, 45), async (segmenter, photo) => {
        const gpu = await testGpu()
        const onHost = { ...photo, data: blocksPhoto(67, 45).data }
        const found = await segmenter.segmentOnGpu(photo, { at, flip: true })
        const { width, height } = found
        if (at === 'photo') expect({ width, height }).to.deep.equal({ width: 67, height: 45 })
        else expect(width).to.be.below(67)
        const bytes = await gpu.download(found.mask, found.mask.size)
        const again = await segmenter.segmentOnGpu(onHost, { at, flip: true, into: found.mask })
        expect(again.mask).to.equal(found.mask)
        expect(await gpu.download(found.mask, found.mask.size)).to.deep.equal(bytes)
        gpu.release(found.mask)
        if (at === 'network') return
        const [{ mask }] = await segmenter.segment([onHost], { flip: true })
        expect(new Set(mask).size).to.be.above(1)
        expect(bytes.subarray(0, width * height)).to.deep.equal(mask)
      }))

  it('refuses a buffer that is too small, and ends on a signal, without a leak', () =>
    withPhoto(blocksPhoto(33, 33), async (segmenter, photo) => {
      const gpu = await testGpu()
      const small = await gpu.allocate('small', 1024, usage.copyDestination)
      const error = await rejection(segmenter.segmentOnGpu(photo, { into: small }))
      expect(error.message).to.equal('into: the mask takes 1092 bytes, and the buffer has 1024')
      gpu.release(small)
      const signal = AbortSignal.abort(new Error('enough'))
      expect((await rejection(segmenter.segmentOnGpu(photo, { signal }))).message).to.equal('enough')
    }))
})
