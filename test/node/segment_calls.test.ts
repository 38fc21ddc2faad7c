// Calls of the library over time: arrays of photos, signals, disposal and a lost GPU.

import { writeFile } from 'node:fs/promises'
import { expect } from 'chai'
import type { Image } from '../../src/data/image.ts'
import { UserError } from '../../src/errors.ts'
import type { Gpu } from '../../src/gpu/gpu.ts'
import { segmentBatches } from '../../src/library/segment_batches.ts'
import {
  DeepLab,
  type ImageSource,
  openGpu,
  type SegmentOptions,
  type SegmentProgress,
} from '../../src/node/index.ts'
import { testGpu } from '../support/gpu.ts'
import { rejects } from '../support/rejects.ts'
import { abortedAfter, ENOUGH, submitsDuring, withSubmitsOf } from '../support/submit_budget.ts'
import { useTemporaryFolder } from './support.ts'
import { blocksPhoto, TINY } from './tiny_model.ts'

describe('DeepLab: calls', () => {
  const path = useTemporaryFolder()
  const photo = blocksPhoto(90, 70)
  const size = 65
  let gpu: Gpu
  let model: DeepLab
  before(async () => {
    gpu = await testGpu()
    model = await DeepLab.create(TINY, { gpu, seed: 3 })
  })
  after(() => model.dispose())

  const refusal = async (call: () => unknown) => (await rejects(UserError, call)).message

  describe('for an array', () => {
    const broken = () => path('broken.png')
    beforeEach(() => writeFile(broken(), 'no picture'))

    it('name the photo that cannot be read', async () => {
      const cases: [ImageSource, RegExp][] = [
        [broken(), /^photos\[1\]: .*broken\.png: not a JPEG/],
        [new Uint8Array(), /^photos\[1\]: the file is empty/],
        [{ width: 4, height: 4, data: new Uint8Array(1) }, /^photos\[1\]\.data: expected 64 bytes/],
        [undefined as never, /^photos\[1\]: expected a path/],
      ]
      for (const [source, expected] of cases)
        expect(await refusal(() => model.segment([photo, source], { size }))).to.match(expected)
    })

    it('with onError, an unreadable photo does not stop the others', async () => {
      const alone = await model.segment(photo, { size })
      const failed: [string, number, ImageSource][] = []
      const sources = [photo, broken(), photo, path('none.png'), photo]
      const found = await model.segment(sources, {
        ...{ size, batchSize: 2 },
        onError: (error, index, source) => {
          failed.push([error.message.replace(/.*\//, ''), index, source])
        },
      })
      expect(found.map(each => each?.mask)).to.deep.equal([
        alone.mask,
        undefined,
        alone.mask,
        undefined,
        alone.mask,
      ])
      expect(failed.map(([, ...rest]) => rest)).to.deep.equal([
        [1, broken()],
        [3, path('none.png')],
      ])
      expect(failed[1][0]).to.equal('none.png: no such file or folder')
    })

    it('with onError, a photo too large for the GPU does not stop the others', async () => {
      const long = blocksPhoto(2, 4000)
      const failed: string[] = []
      const huge = { ...long, originalWidth: 16384, originalHeight: 16384 }
      const found = await model.segment([photo, huge, photo], {
        ...{ size, output: 'logits' },
        onError: error => void failed.push(error.message),
      })
      expect(found.map(Boolean)).to.deep.equal([true, false, true])
      expect(failed).to.have.length(1)
      expect(failed[0]).to.match(/^photos\[1\]: the scores of 5 classes at 16384×16384 pixels take/)
    })

    it('with onError, an error that it throws ends the call', async () => {
      const onError = () => {
        throw new Error('enough')
      }
      const error = await rejects(Error, () => model.segment([broken(), photo], { size, onError }))
      expect(error.message).to.equal('enough')
    })

    it('with tiles, each window is counted, and photos run one by one', async () => {
      const seen: SegmentProgress[] = []
      const onProgress = (progress: SegmentProgress) => void seen.push(progress)
      await model.segment([photo, photo], { tile: 64, onProgress })
      const tiles = [1, 2, 3, 4].map(done => ({ done, total: 4 }))
      expect(seen).to.deep.equal(
        [0, 1].flatMap(done => [
          ...tiles.map(tile => ({ done, total: 2, tiles: tile })),
          { done: done + 1, total: 2 },
        ]),
      )
    })

    it('with onProgress, each batch is counted, in the order of the photos', async () => {
      const seen: SegmentProgress[] = []
      const onProgress = (progress: SegmentProgress) => void seen.push(progress)
      await model.segment([photo, photo, broken(), photo], { size, batchSize: 2, onProgress, onError() {} })
      expect(seen.map(({ done }) => done)).to.deep.equal([2, 3, 4])
      expect(seen.at(-1)).to.deep.equal({ done: 4, total: 4 })
      seen.length = 0
      await model.segment(photo, { size, onProgress })
      expect(seen).to.deep.equal([{ done: 1, total: 1 }])
    })

    it('of whose batch one fails, have results of all others', async () => {
      const batches: number[][] = []
      const failed: string[] = []
      const work = {
        maxPixels: 1000,
        read: async (id: number) => ({ ...blocksPhoto(10, 10), data: new Uint8Array([id]) }),
        segment: async (photos: Image[]) => {
          const ids = photos.map(({ data }) => data[0])
          batches.push(ids)
          if (ids.includes(2)) throw new UserError('too large')
          return ids
        },
        isFatal: () => false,
      }
      const onError = (error: Error) => void failed.push(error.message)
      expect(await segmentBatches([1, 2, 3, 4], { onError }, work)).to.deep.equal([1, undefined, 3, 4])
      expect(batches).to.deep.equal([[1, 2, 3, 4], [1], [2], [3], [4]])
      expect(failed).to.deep.equal(['photos[1]: too large'])
    })

    it('are read while the model has the ones before', async () => {
      const order: string[] = []
      const work = {
        maxPixels: 1000,
        read: async (id: number) => {
          order.push(`read ${id}`)
          return blocksPhoto(10, 10)
        },
        segment: async (photos: Image[]) => {
          await new Promise(resolve => setTimeout(resolve, 5))
          order.push('segmented')
          return photos
        },
        isFatal: () => false,
      }
      await segmentBatches([1, 2, 3], { batchSize: 1 }, work)
      expect(order).to.deep.equal(['read 1', 'read 2', 'segmented', 'read 3', 'segmented', 'segmented'])
    })

    it('runs smaller batches if the GPU cannot bind all photos', async () => {
      const batches: number[] = []
      const image = {
        width: 10,
        height: 10,
        data: new Uint8Array(400),
        originalWidth: 10,
        originalHeight: 10,
      }
      const work = {
        maxPixels: 250,
        read: async () => image,
        segment: async (photos: Image[]) => {
          batches.push(photos.length)
          return photos
        },
        isFatal: () => false,
      }
      await segmentBatches(new Array(5).fill('photo'), { batchSize: 4 }, work)
      expect(batches).to.deep.equal([2, 2, 1])
    })
  })

  describe('signal', () => {
    const reason = new Error('enough')

    it('that is already aborted ends every call at once', async () => {
      const signal = AbortSignal.abort(reason)
      const calls = [
        () => model.segment(photo, { size, signal }),
        () => model.segment([photo], { size, signal, onError() {} }),
        () => model.segment([], { size, signal }),
        () => model.tune(photo, { size, signal }),
        () => DeepLab.load('scenes', { gpu, signal }),
      ]
      for (const call of calls) expect(await rejects(Error, call)).to.equal(reason)
    })

    it('ends an array between two batches, and the model still works', async () => {
      const end = new AbortController()
      let batches = 0
      const onProgress = () => {
        batches++
        if (batches === 2) end.abort(reason)
      }
      const photos = new Array(6).fill(photo)
      const options = { size, batchSize: 1, signal: end.signal, onProgress, onError() {} }
      expect(await rejects(Error, () => model.segment(photos, options))).to.equal(reason)
      expect(batches).to.equal(2)
      expect((await model.segment(photo, { size })).mask).to.have.length(90 * 70)
    })

    const unaborted = new AbortController().signal
    it('ends a call after any of its submits, the last too, with views, scores and a CRF, and leaves nothing', async () => {
      const calls: SegmentOptions[] = [
        { size },
        { size, scales: [0.75, 1.25], flip: true },
        { size, output: 'probabilities' },
        { size, crf: 'default' },
      ]
      for (const options of calls) {
        const { mask } = await model.segment(photo, options)
        const whole = () => model.segment(photo, { ...options, signal: unaborted })
        const submits = await submitsDuring(gpu, whole)
        const { buffers } = gpu.memory
        const aborted = (signal: AbortSignal) => model.segment(photo, { ...options, signal })
        for (let submit = 1; submit <= submits; submit++)
          expect(await rejects(Error, () => abortedAfter(submit, gpu, aborted))).to.equal(ENOUGH)
        expect((await model.segment(photo, options)).mask).to.deep.equal(mask)
        expect(gpu.memory.buffers).to.equal(buffers)
      }
    })

    it('ends a call at once while it waits for another, which keeps its result', async () => {
      const end = new AbortController()
      const { mask } = await model.segment(photo, { size })
      const order: string[] = []
      const before = model.segment(photo, { size, crf: 'default' }).then(() => order.push('before'))
      const waiting = model
        .segment(photo, { size, signal: end.signal })
        .catch(error => order.push(error.message))
      setTimeout(() => end.abort(reason), 1)
      await Promise.all([before, waiting])
      expect(order).to.deep.equal(['enough', 'before'])
      expect((await model.segment(photo, { size })).mask).to.deep.equal(mask)
    })

    it('ends a call at once while its photo is read, and tells onProgress and onError nothing after it', async () => {
      const end = new AbortController()
      let told = 0
      const tell = () => void told++
      const slow = { arrayBuffer: () => new Promise<ArrayBuffer>(() => {}) } as ImageSource
      const options = { size, signal: end.signal, onProgress: tell }
      const calls = [
        model.segment(slow, options),
        model.segment([slow, photo], { ...options, onError: tell }),
      ]
      setTimeout(() => end.abort(reason), 5)
      for (const call of calls) expect(await rejects(Error, () => call)).to.equal(reason)
      await model.segment(photo, { size })
      expect(told).to.equal(0)
    })

    it('ends a photo between two submits, and the model still works', async () => {
      const { mask } = await model.segment(photo, { size })
      const aborted = (signal: AbortSignal) => rejects(Error, () => model.segment(photo, { size, signal }))
      const submits = () => submitsDuring(gpu, () => abortedAfter(2, gpu, aborted))
      expect(await withSubmitsOf(0.1, gpu, submits)).to.equal(2)
      expect((await model.segment(photo, { size })).mask).to.deep.equal(mask)
    })
  })

  describe('dispose', () => {
    it('may be called twice, and every later use gives one clear error', async () => {
      const own = await DeepLab.create(TINY, { gpu })
      await Promise.all([own.dispose(), own.dispose()])
      await own.dispose()
      const uses = [
        () => own.segment(photo),
        () => own.segment([photo], { onError() {} }),
        () => own.explain(photo),
        () => own.tune(photo),
        () => own.setSize(33),
        () => own.setClasses(['a', 'b']),
        () => own.addAuxiliaryHead(),
      ]
      for (const use of uses) expect(await refusal(use)).to.equal('this model was disposed of: load it again')
    })

    it('is called at the end of a block by `await using`', async () => {
      let outside: DeepLab
      {
        await using inside = await DeepLab.create(TINY, { gpu })
        outside = inside
        expect((await inside.segment(photo, { size })).mask).to.have.length(90 * 70)
      }
      expect(await refusal(() => outside.segment(photo))).to.equal(
        'this model was disposed of: load it again',
      )
    })

    it('during an array ends the call', async () => {
      const own = await DeepLab.create(TINY, { gpu: await testGpu() })
      const onProgress = () => void own.dispose()
      const call = () => own.segment([photo, photo, photo], { size, batchSize: 1, onProgress, onError() {} })
      expect(await refusal(call)).to.equal('this model was disposed of: load it again')
    })
  })

  it('a lost GPU ends an array even with onError', async () => {
    const lost = await openGpu()
    const own = await DeepLab.create(TINY, { gpu: lost })
    const onProgress = () => lost.destroy()
    const error = await rejects(Error, () =>
      own.segment([photo, photo], { size, batchSize: 1, onProgress, onError() {} }),
    )
    expect(error.name).to.equal('DeviceLostError')
    await own.dispose()
  })
})
