// Results one by one, by `for await`: backpressure, errors of single photos, loops that are left, and signals.

import { writeFile } from 'node:fs/promises'
import { expect } from 'chai'
import { UserError } from '../../src/errors.ts'
import type { Gpu } from '../../src/gpu/gpu.ts'
import { segmentAll } from '../../src/library/segment_batches.ts'
import { DeepLab, type ImageSource } from '../../src/node/index.ts'
import { testGpu } from '../support/gpu.ts'
import { rejects } from '../support/rejects.ts'
import { useTemporaryFolder } from './support.ts'
import { blocksPhoto, TINY } from './tiny_model.ts'

describe('DeepLab.segmentAll', () => {
  const path = useTemporaryFolder()
  const [photo, other] = [blocksPhoto(90, 70), blocksPhoto(40, 50, 2)]
  const size = 65
  let gpu: Gpu
  let model: DeepLab
  before(async () => {
    gpu = await testGpu()
    model = await DeepLab.create(TINY, { gpu, seed: 3 })
  })
  after(() => model.dispose())

  const collected = async <T>(all: AsyncIterable<T>): Promise<T[]> => {
    const found: T[] = []
    for await (const each of all) found.push(each)
    return found
  }

  it('yields what segment of an array gives, with each photo, from any iterable', async () => {
    const photos = [photo, photo, other, photo]
    const masks = (await model.segment(photos, { size })).map(({ mask }) => mask)
    async function* later() {
      yield* photos
    }
    for (const from of [photos, new Set([photo, other]).values(), later()]) {
      const found = await collected(model.segmentAll(from, { size, batchSize: 2 }))
      const expected = found.map(({ source }) => masks[photos.indexOf(source)])
      expect(found.map(({ result }) => result.mask)).to.deep.equal(expected)
      expect(found.map(({ index }) => index)).to.deep.equal([...found.keys()])
    }
    expect(await collected(model.segmentAll([], { size }))).to.deep.equal([])
  })

  it('leaves out what onError gets; without it, a broken photo ends the loop after the results before', async () => {
    await writeFile(path('broken.png'), 'no picture')
    const photos: ImageSource[] = [photo, path('broken.png'), other]
    const failed: [number, ImageSource][] = []
    const onError = (_: Error, index: number, source: ImageSource) => void failed.push([index, source])
    const found = await collected(model.segmentAll(photos, { size, onError }))
    expect(found.map(({ index }) => index)).to.deep.equal([0, 2])
    expect(failed).to.deep.equal([[1, path('broken.png')]])
    const seen: number[] = []
    const error = await rejects(UserError, async () => {
      for await (const { index } of model.segmentAll(photos, { size })) seen.push(index)
    })
    expect(error.message).to.match(/^photos\[1\]: .*broken\.png: not a JPEG/)
    expect(seen).to.deep.equal([0])
  })

  it('takes few photos ahead of the loop, and none after it was left, whose end it waits for', async () => {
    const { taken, ended, photos } = countedPhotos(photo)
    const buffers = gpu.memory.buffers
    await model.segment(photo, { size })
    const after = gpu.memory.buffers
    for await (const { index } of model.segmentAll(photos, { size, batchSize: 1 })) {
      await new Promise(resolve => setTimeout(resolve, 20))
      expect(taken()).to.be.at.most(index + 4)
      if (index === 3) break
    }
    const atTheEnd = taken()
    expect(ended()).to.equal(true)
    await model.segment(photo, { size })
    expect(taken()).to.equal(atTheEnd)
    expect(gpu.memory.buffers).to.equal(after)
    expect(buffers).to.be.at.most(after)
  })

  it('by a signal ends at once with its reason, also while photos and results never come', async () => {
    const reason = new Error('enough')
    const end = new AbortController()
    const never = new Promise<never>(() => {})
    async function* one() {
      yield photo
      await never
    }
    const all = model.segmentAll(one(), { size, batchSize: 1, signal: end.signal })
    const [first, second] = [all.next(), all.next()]
    await Promise.race([first, new Promise(resolve => setTimeout(resolve, 5))])
    end.abort(reason)
    expect(await rejects(Error, () => Promise.all([first, second]))).to.equal(reason)
    const busy = { maxPixels: 1e6, read: () => never, segment: () => never, isFatal: () => false }
    const again = new AbortController()
    const stuck = segmentAll([photo], { signal: again.signal }, busy).next()
    again.abort(reason)
    expect(await rejects(Error, () => stuck)).to.equal(reason)
  })

  it('refuses what it cannot iterate over, an option without meaning, and a model that was disposed of', async () => {
    const gone = await DeepLab.create(TINY, { gpu })
    await gone.dispose()
    const cases: [() => AsyncIterator<unknown>, RegExp][] = [
      [() => model.segmentAll('a.jpg' as never), /^photos: expected an array or another iterable .*a\.jpg/],
      [() => model.segmentAll(photo as never), /^photos: expected an array or another iterable/],
      [
        () => model.segmentAll([photo], { onProgress() {} } as never),
        /^onProgress: segmentAll does not know/,
      ],
      [() => model.segmentAll([photo], { batchSize: 0 }), /^batchSize: expected a whole number/],
      [() => gone.segmentAll([photo]), /^this model was disposed of/],
    ]
    for (const [call, expected] of cases)
      expect((await rejects(UserError, () => call().next())).message).to.match(expected)
  })
})

/** Very many photos, and how many of them were asked for. */
function countedPhotos<T>(photo: T) {
  const state = { taken: 0, ended: false }
  function* photos() {
    try {
      for (; state.taken < 1000; ) {
        state.taken++
        yield photo
      }
    } finally {
      state.ended = true
    }
  }
  return { taken: () => state.taken, ended: () => state.ended, photos: photos() }
}
