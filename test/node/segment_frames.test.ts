// The frames of a video, by `for await`: order, smoothing, errors, and loops that are left.

import { expect } from 'chai'
import { UserError } from '../../src/errors.ts'
import type { Gpu } from '../../src/gpu/gpu.ts'
import { DeepLab, type Image } from '../../src/node/index.ts'
import { testGpu } from '../support/gpu.ts'
import { rejects } from '../support/rejects.ts'
import { blocksPhoto, TINY } from './tiny_model.ts'

describe('DeepLab.segmentFrames', () => {
  const size = 65
  const frames = [1, 2, 3, 4].map(seed => blocksPhoto(90, 70, seed))
  let gpu: Gpu
  let model: DeepLab
  before(async () => {
    gpu = await testGpu()
    model = await DeepLab.create(TINY, { gpu, seed: 3 })
    await model.segment(frames[0], { size })
  })
  after(() => model.dispose())

  const masksOf = async (
    from: AsyncIterable<{ index: number; source: Image; result: { mask: Uint8Array } }>,
  ) => {
    const masks: Uint8Array[] = []
    for await (const { index, source, result } of from) {
      expect(index).to.equal(masks.length)
      expect(source).to.equal(frames[index])
      masks.push(result.mask)
    }
    return masks
  }

  it('yields each frame with its mask, in their order', async () => {
    const alone = (await model.segment(frames, { size })).map(({ mask }) => mask)
    expect(await masksOf(model.segmentFrames(frames, { size }))).to.deep.equal(alone)
    expect(await masksOf(model.segmentFrames([], { size }))).to.deep.equal([])
    expect(await masksOf(model.segmentFrames(frames.values(), { size, smoothing: 0 }))).to.deep.equal(alone)
  })

  it('smooths masks over time, and frees all memory at the end', async () => {
    // So alike that all are one scene.
    const dim = frames.map(({ data, ...photo }) => ({
      ...photo,
      data: data.map((value, i) => (i % 4 === 3 ? 255 : 120 + (value >> 3))),
    }))
    const alone = (await model.segment(dim, { size })).map(({ mask }) => mask)
    const smooth: Uint8Array[] = []
    const options = { size, smoothing: 0.9 }
    for await (const { result } of model.segmentFrames(dim, options)) smooth.push(result.mask)
    const changes = (masks: Uint8Array[]) =>
      masks.slice(1).reduce((sum, mask, i) => sum + mask.filter((id, at) => id !== masks[i][at]).length, 0)
    expect(changes(alone)).to.be.above(100)
    expect(changes(smooth)).to.be.below(changes(alone) / 2)
    const { buffers } = gpu.memory
    for await (const _ of model.segmentFrames(dim, options)) break
    for await (const { result } of model.segmentFrames(dim, options)) expect(result.width).to.equal(90)
    expect(gpu.memory.buffers).to.equal(buffers)
  })

  it('yields what came before an error, and nothing after', async () => {
    async function* broken() {
      yield* frames.slice(0, 2)
      throw new UserError('clip.mp4: the file ends too early')
    }
    const seen: number[] = []
    const each = async (from: Iterable<Image> | AsyncIterable<Image>, options = {}) => {
      for await (const { index } of model.segmentFrames(from, { size, ...options })) seen.push(index)
    }
    expect((await rejects(UserError, () => each(broken()))).message).to.match(/ends too early/)
    expect(seen).to.deep.equal([0, 1])
    const odd = [frames[0], { ...frames[1], data: new Uint8Array(3) }]
    expect((await rejects(UserError, () => each(odd))).message).to.match(/^frames\[1\]\.data: expected/)
    expect(seen).to.deep.equal([0, 1, 0])
    const { buffers } = gpu.memory
    const ends = new AbortController()
    async function* endless() {
      for (let i = 0; ; i++) {
        if (i === 3) ends.abort(new UserError('enough'))
        yield frames[0]
      }
    }
    expect((await rejects(UserError, () => each(endless(), { signal: ends.signal }))).message).to.equal(
      'enough',
    )
    expect(seen).to.deep.equal([0, 1, 0, 0, 1, 2])
    expect(gpu.memory.buffers).to.equal(buffers)
  })

  it('refuses options that it does not know', async () => {
    const first = (options: object) => model.segmentFrames(frames, options).next()
    const smoothing = await rejects(UserError, () => first({ smoothing: 1 }))
    expect(smoothing.message).to.equal('smoothing: expected true, false or a number from 0 to below 1, got 1')
    expect((await rejects(UserError, () => first({ crf: 'v1' }))).message).to.match(/^crf: unknown option/)
  })
})
