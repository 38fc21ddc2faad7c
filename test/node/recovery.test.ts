// A model whose GPU is lost opens another, and goes on.

import { expect } from 'chai'
import { DeviceLostError } from '../../src/gpu/errors.ts'
import { DeepLab, openGpu } from '../../src/node/index.ts'
import { rejects } from '../support/rejects.ts'
import { blocksPhoto, TINY } from './tiny_model.ts'

/** ATROUS_LOSSES=20 for a longer run. */
const LOSSES = Number(process.env.ATROUS_LOSSES ?? 3)

describe('a lost GPU', () => {
  const photo = blocksPhoto(45, 33)
  const size = { size: 65 }

  it(`is replaced, ${LOSSES} times, and the masks stay the same`, async () => {
    const model = await DeepLab.create(TINY, size)
    const { mask } = await model.segment(photo)
    for (let i = 0; i < LOSSES; i++) {
      const before = model.gpu
      before.device.destroy() // as a driver that fails, not as `Gpu.destroy`
      expect((await model.segment(photo)).mask).to.deep.equal(mask)
      expect(model.gpu).not.to.equal(before)
    }
    await model.dispose()
  })

  it('is replaced once for calls that fail together', async () => {
    const model = await DeepLab.create(TINY, size)
    const { mask } = await model.segment(photo)
    const before = model.gpu
    const calls = Array.from({ length: 4 }, () => model.segment(photo))
    before.device.destroy()
    const results = await Promise.all([
      ...calls,
      model.warmUp({ width: 45, height: 33 }),
      model.segment(photo),
    ])
    for (const result of results) if (result) expect(result.mask).to.deep.equal(mask)
    expect(model.gpu.memory.buffers).to.be.above(0)
    expect(before.memory.buffers).to.equal(0)
    await model.dispose()
  })

  it('of the caller is not replaced', async () => {
    const gpu = await openGpu()
    const model = await DeepLab.create(TINY, { ...size, gpu })
    gpu.device.destroy()
    await rejects(DeviceLostError, () => model.segment(photo))
    await model.dispose()
    gpu.destroy()
  })

  it('is not replaced for a model that was disposed of', async () => {
    const model = await DeepLab.create(TINY, size)
    const call = model.segment(photo)
    model.gpu.device.destroy()
    const [result] = await Promise.allSettled([call, model.dispose()])
    expect(result.status).to.equal('rejected')
  })
})
