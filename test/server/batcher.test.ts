import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import type { Image } from '../../src/data/image.ts'
import { UserError } from '../../src/errors.ts'
import { DeviceLostError } from '../../src/gpu/errors.ts'
import type { Segmentation } from '../../src/node/segmentation.ts'
import { type Batcher, type BatchModel, type BatchOptions, batcherOf } from '../../src/server/batcher.ts'

const MASK: BatchOptions = { output: 'mask' }

/** A photo that is told from others by its first byte. */
function photo(id: number, width = 2): Image {
  const data = new Uint8Array(width * 2 * 4).fill(255)
  data[0] = id
  return { width, height: 2, data, originalWidth: width, originalHeight: 2 }
}

/** A model that takes some milliseconds, and whose mask is the photo's first byte. It notes the first bytes of each batch. */
class FakeModel implements BatchModel {
  gpu: unknown = 'first'
  readonly batches: number[][] = []
  readonly signals: AbortSignal[] = []
  /** Called before each batch; may throw. */
  before = (_: number[]): void => {}

  async segment(photos: readonly Image[], { signal }: { signal: AbortSignal }): Promise<Segmentation[]> {
    const ids = photos.map(({ data }) => data[0])
    this.batches.push(ids)
    this.signals.push(signal)
    this.before(ids)
    await sleep(5)
    signal.throwIfAborted()
    return ids.map(id => ({ mask: new Uint8Array([id]) }) as Segmentation)
  }
}

describe('the batcher', () => {
  let model: FakeModel
  let recoveries: number
  let batcher: Batcher
  const never = new AbortController().signal
  const run = (
    id: number,
    {
      width,
      options = MASK,
      signal = never,
    }: {
      width?: number
      options?: BatchOptions
      signal?: AbortSignal
    } = {},
  ) => batcher.run({ image: photo(id, width), options }, signal).then(({ found }) => found.mask[0])
  const runAll = (...ids: number[]) => Promise.all(ids.map(id => run(id)))

  beforeEach(() => {
    model = new FakeModel()
    recoveries = 0
    batcher = batcherOf(model, {
      ...{ batchSize: 4, batchDelay: 20, onBatch: () => {} },
      onRecovery: () => {
        recoveries++
      },
    })
  })

  it('gives each photo its own result, of one batch', async () => {
    expect(await runAll(1, 2, 3, 4)).to.deep.equal([1, 2, 3, 4])
    expect(model.batches).to.deep.equal([[1, 2, 3, 4]])
  })

  it('starts a whole batch at once, and a part of one after the delay', async () => {
    const options = { batchSize: 2, batchDelay: 2 ** 31 - 1, onBatch: () => {}, onRecovery: () => {} }
    const patient = batcherOf(model, options)
    await Promise.all([1, 2].map(id => patient.run({ image: photo(id), options: MASK })))
    const { wait } = await batcher.run({ image: photo(3), options: MASK })
    expect(wait).to.be.at.least(18)
  })

  it('makes batches of powers of two, in the order of arrival', async () => {
    await runAll(1, 2, 3, 4, 5, 6, 7)
    expect(model.batches).to.deep.equal([[1, 2, 3, 4], [5, 6], [7]])
  })

  it('puts only photos of one size and one set of options together', async () => {
    const flipped = { ...MASK, flip: true }
    await Promise.all([run(1), run(2, { width: 3 }), run(3, { options: flipped }), run(4)])
    expect(model.batches).to.deep.equal([[1, 4], [2], [3]])
  })

  it('runs a photo that comes in the moment in which the last one is answered', async () => {
    for (let id = 0; id < 20; id++) {
      await run(id)
      if (id % 2) await Promise.resolve()
    }
    expect(model.batches).to.have.length(20)
  })

  it('forgets a photo whose client is gone, and ends a batch for which nobody waits', async () => {
    const gone = new AbortController()
    const waiting = run(1, { signal: gone.signal }).catch(error => error.message)
    const stays = run(2)
    gone.abort(new Error('gone'))
    expect(await waiting).to.equal('gone')
    expect(await stays).to.equal(2)
    expect(model.batches).to.deep.equal([[2]])
    const late = new AbortController()
    model.before = () => late.abort()
    expect(await run(3, { signal: late.signal }).catch(() => 'timed out')).to.equal('timed out')
    model.before = () => {}
    expect(model.signals[1].aborted).to.equal(true)
    expect(await run(4)).to.equal(4)
  })

  it('answers at once where a client is gone while its batch runs, and still answers the others', async () => {
    const gone = new AbortController()
    model.before = () => gone.abort(new Error('gone'))
    const [first, second] = await Promise.allSettled([run(1, { signal: gone.signal }), run(2)])
    expect(first.status).to.equal('rejected')
    expect(second).to.deep.equal({ status: 'fulfilled', value: 2 })
    expect(model.signals[0].aborted).to.equal(false)
  })

  it('runs the photos of a failed batch one by one, so that one of them cannot fail the others', async () => {
    model.before = ids => {
      if (ids.includes(2)) throw new UserError('too large')
    }
    const results = await Promise.allSettled([run(1), run(2), run(3), run(4)])
    expect(results.map(({ status }) => status)).to.deep.equal([
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
    ])
  })

  it('fails all photos of a batch on a bug, and goes on', async () => {
    model.before = ids => {
      if (ids.includes(1)) throw new TypeError('a bug')
    }
    const results = await Promise.allSettled([run(1), run(2)])
    expect(results.map(({ status }) => status)).to.deep.equal(['rejected', 'rejected'])
    expect(await run(3)).to.equal(3)
  })

  it('loses no photo when the GPU is lost again and again', async () => {
    let losses = 2
    model.before = () => {
      if (losses-- > 0) throw new DeviceLostError({ reason: 'unknown', message: 'test' })
      model.gpu = 'another'
    }
    expect(await runAll(1, 2)).to.deep.equal([1, 2])
    expect(model.batches).to.deep.equal([
      [1, 2],
      [1, 2],
      [1, 2],
    ])
    expect(recoveries).to.equal(1)
  })

  it('is idle when every photo has its result', async () => {
    const results = runAll(1, 2, 3)
    let isDone = false
    void results.then(() => {
      isDone = true
    })
    await batcher.idle()
    await Promise.resolve()
    expect(isDone).to.equal(true)
    await batcher.idle()
  })
})
