import { expect } from 'chai'
import type { Gpu } from '../../src/gpu/gpu.ts'
import { Executor } from '../../src/graph/runtime/executor.ts'
import { DeepLab } from '../../src/node/index.ts'
import { blocksPhoto, TINY } from '../node/tiny_model.ts'
import { testGpu } from '../support/gpu.ts'

describe('ExecutorCache', () => {
  const photos = Array.from({ length: 18 }, (_, i) => blocksPhoto(40 + 2 * i, 32, i))
  const { create } = Executor
  let gpu: Gpu
  let model: DeepLab
  let made = 0
  let memoryBytes: number

  beforeEach(async () => {
    gpu = await testGpu()
    memoryBytes = gpu.memoryBytes
    model = await DeepLab.create(TINY, { gpu, size: 33 })
    made = 0
    Executor.create = (...args) => {
      made++
      return create.apply(Executor, args)
    }
  })
  afterEach(async () => {
    Executor.create = create
    gpu.memoryBytes = memoryBytes
    await model.dispose()
  })

  it('keeps the plans of sixteen sizes where they are small', async () => {
    const few = photos.slice(0, 16)
    for (const photo of [...few, ...few]) await model.segment(photo)
    expect(made).to.equal(16)
    for (const photo of [...photos, photos.at(-1)!]) await model.segment(photo)
    expect(made).to.equal(18)
    await model.segment(photos[0])
    expect(made, 'the least recently used is replaced').to.equal(19)
  })

  it('keeps fewer where the memory is short, and gives the same masks', async () => {
    const masks: Uint8Array[] = []
    for (const photo of photos.slice(0, 6)) masks.push((await model.segment(photo)).mask)
    const { liveBytes } = gpu.memory
    gpu.memoryBytes = liveBytes
    for (const photo of photos.slice(6, 12)) await model.segment(photo)
    expect(gpu.memory.liveBytes).to.be.at.most(liveBytes)
    for (const [i, mask] of masks.entries()) expect((await model.segment(photos[i])).mask).to.deep.equal(mask)
    expect(made).to.be.above(12)
  })
})
