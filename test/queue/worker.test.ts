// A worker with a real Redis and a small network.

import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { Queue, QueueEvents } from 'bullmq'
import { expect } from 'chai'
import type { Redis } from 'ioredis'
import sharp from 'sharp'
import { markPng } from '../../src/node/images/result_mark.ts'
import { DeepLab } from '../../src/node/index.ts'
import type { Store } from '../../src/queue/job.ts'
import { peerPackage } from '../../src/queue/peer_package.ts'
import { connectRedis } from '../../src/queue/redis.ts'
import type { JobResult, PhotoSegmenter } from '../../src/queue/segment_job.ts'
import { openStores } from '../../src/queue/stores.ts'
import {
  type QueueWorker,
  startWorker,
  type WorkerEvents,
  type WorkerOptions,
} from '../../src/queue/worker.ts'
import { rejection, useTemporaryFolder } from '../node/support.ts'
import { blocksPhoto, TINY } from '../node/tiny_model.ts'
import { testGpu } from '../support/gpu.ts'
import { needsRedis, type RedisServer, startRedis } from './redis_server.ts'

type Segment = PhotoSegmenter['segment']

describe('a worker of the queue', () => {
  const path = useTemporaryFolder()
  let server: RedisServer
  let model: DeepLab
  before(needsRedis)
  before(async () => {
    server = await startRedis()
    model = await DeepLab.create(TINY, { gpu: await testGpu() })
    await model.setSize(65)
  })
  after(async () => {
    await model?.dispose()
    await server?.remove()
  })

  let store: Store
  let redis: Redis
  let queue: Queue
  let finished: QueueEvents
  let worker: QueueWorker | undefined
  let said: string[]
  /** Starts the worker of a queue that is new for each test. */
  const start = async (options: Partial<WorkerOptions> = {}) => {
    worker = await startWorker({
      ...{ redis, queue: queue.name, model, store, concurrency: 1, seconds: 30, events: saying(said) },
      ...options,
    })
  }
  beforeEach(async function () {
    await mkdir(path('root'))
    const { data, width, height } = blocksPhoto(45, 33)
    await sharp(data, { raw: { width, height, channels: 4 } })
      .png()
      .toFile(path('root/photo.png'))
    store = await openStores({ root: path('root') })
    redis = await connectRedis(server.url)
    const connection = { url: server.url }
    queue = new Queue(`segment-${this.currentTest!.title.replace(/\W+/g, '-')}`, { connection })
    finished = new QueueEvents(queue.name, { connection })
    queue.on('error', () => {})
    finished.on('error', () => {})
    await finished.waitUntilReady()
    said = []
  })
  afterEach(async () => {
    await worker?.close()
    worker = undefined
    await finished.close()
    await queue.close()
    redis.disconnect()
  })

  /** Adds a job, and waits until it is done, or has failed for good. */
  async function done(
    data: unknown,
    options: object = {},
  ): Promise<{ id: string; result?: JobResult; error?: string }> {
    const job = await queue.add('photo', data, options)
    const ended = await job.waitUntilFinished(finished).then(
      (result: JobResult) => ({ result }),
      (error: Error) => ({ error: error.message }),
    )
    await until(() =>
      said.some(line => line === `done ${job.id}` || line.startsWith(`failed ${job.id} for good`)),
    )
    return { id: job.id!, ...ended }
  }

  it('writes what segment gives, and returns shares and places', async () => {
    await start()
    const found = await model.segment(path('root/photo.png'))
    const { id, result } = await done({ input: 'photo.png', output: 'masks/photo' })
    const outputs = { mask: 'masks/photo.mask.png', overlay: 'masks/photo.overlay.png' }
    const classes = found.classes.map(({ id, name, share }) => ({ id, name, share }))
    expect(result).to.deep.include({ width: 45, height: 33, outputs, classes })
    expect(result!.milliseconds).to.be.above(0)
    expect(await readFile(path(`root/${outputs.mask}`))).to.deep.equal(markPng(found.maskPng()))
    expect(await readFile(path(`root/${outputs.overlay}`))).to.deep.equal(markPng(await found.overlay()))
    expect((await queue.getJob(id))!.progress).to.deep.equal({ stage: 'writing' })
    expect(said).to.deep.equal([`done ${id}`])
  })

  it('gives the same bytes when a job runs again, and obeys its options', async () => {
    await start()
    const data = { input: 'photo.png', output: 'again', options: { overlay: false, flip: true } }
    const { result } = await done(data)
    expect(result!.outputs).to.deep.equal({ mask: 'again.mask.png' })
    const first = await readFile(path('root/again.mask.png'))
    await done(data)
    expect(await readFile(path('root/again.mask.png'))).to.deep.equal(first)
    expect(first).to.deep.equal(
      markPng((await model.segment(path('root/photo.png'), { flip: true })).maskPng()),
    )
  })

  it('fails a job at once and for good that no new try can help', async () => {
    await start()
    await writeFile(path('root/broken.jpg'), 'not a photo')
    await writeFile(path('root/cut.png'), (await readFile(path('root/photo.png'))).subarray(0, 200))
    const photo = await readFile(path('root/photo.png'))
    await writeFile(path('root/b.mask.png'), photo)
    await symlink(path('root'), path('root/near'))
    for (const [data, message] of [
      [{ input: 'photo.png' }, /^job: output: missing/],
      [{ input: 'none.png', output: 'a' }, /^none\.png: no such file or folder$/],
      [{ input: '../secret.png', output: 'a' }, /^\.\.\/secret\.png: expected a path below --root/],
      [{ input: 'broken.jpg', output: 'a' }, /^input: not a JPEG, PNG, WebP, AVIF, TIFF or GIF image/],
      [{ input: 'cut.png', output: 'a' }, /^input: damaged or cut short/],
      [{ input: 'photo.png', output: 'a', options: { outputStride: 5 } }, /5/],
      [{ input: 'a.mask.png', output: 'a' }, /^output: a\.mask\.png is the photo itself$/],
      [{ input: 'b.mask.png', output: './b' }, /^output: \.\/b\.mask\.png is the photo itself$/],
      [{ input: 'b.mask.png', output: 'near/b' }, /^output: near\/b\.mask\.png is the photo itself$/],
      [{ input: 'photo.png', output: 'a\0b' }, /^a\?b\.mask\.png: a path cannot hold a NUL character$/],
      [{ input: 'photo.png', output: 'x'.repeat(300) }, /^x{300}\.mask\.png: the name is longer than/],
    ] as const) {
      said.length = 0
      const { id, error } = await done(data, { attempts: 3, backoff: 10 })
      expect(error).to.match(message)
      expect(said).to.deep.equal([`failed ${id} for good: ${error}`])
      expect((await queue.getJob(id))!.attemptsMade).to.equal(1)
    }
    expect(await queue.getFailedCount()).to.equal(11)
    expect(await readFile(path('root/b.mask.png'))).to.deep.equal(photo)
  })

  it('tries again after an error that may pass', async () => {
    let failures = 2
    const write: Store['write'] = (...args) =>
      failures-- > 0 ? Promise.reject(new Error('the disk is full')) : store.write(...args)
    await start({ store: { ...store, write } })
    const { id, result } = await done({ input: 'photo.png', output: 'a' }, { attempts: 5, backoff: 10 })
    expect(result!.outputs.mask).to.equal('a.mask.png')
    expect(said).to.deep.equal([...Array(2).fill(`failed ${id} for now: the disk is full`), `done ${id}`])
  })

  it('keeps a job that fails to the end, which a person may start again', async () => {
    let isFull = true
    const write: Store['write'] = (...args) =>
      isFull ? Promise.reject(new Error('the disk is full')) : store.write(...args)
    await start({ store: { ...store, write } })
    const { id, error } = await done({ input: 'photo.png', output: 'a' }, { attempts: 2, backoff: 10 })
    expect(error).to.equal('the disk is full')
    const [failed] = await queue.getFailed()
    expect(failed).to.deep.include({ id, attemptsMade: 2, failedReason: 'the disk is full' })
    isFull = false
    await failed.retry()
    expect(await failed.waitUntilFinished(finished)).to.include({ width: 45 })
    expect(await queue.getFailedCount()).to.equal(0)
  })

  it('tries a job five times that says nothing of it, first after a second', async () => {
    const segment: Segment = () => Promise.reject(new Error('no memory'))
    await start({ model: { gpu: model.gpu, state: model.state, segment } })
    const job = await queue.add('photo', { input: 'photo.png', output: 'a' })
    await until(() => said.length === 1)
    expect(said).to.deep.equal([`failed ${job.id} for now: no memory`])
    expect(await job.getState()).to.equal('delayed')
    expect((await queue.getJob(job.id!))!.delay).to.be.within(900, 1100)
  })

  it('ends a try that takes too long, and reports one that does not end even so', async () => {
    const segment: Segment = () => new Promise(() => {})
    await start({ model: { gpu: model.gpu, state: model.state, segment }, seconds: 0.1 })
    const { id, error } = await done({ input: 'photo.png', output: 'a' }, { attempts: 1 })
    expect(error).to.equal('not done within 0.1 s')
    await until(() => said.length === 2)
    expect(said).to.deep.equal([`failed ${id} for good: ${error}`, `stuck ${id}`])
  })

  it('goes on after Redis was killed and started again, and loses no job', async () => {
    let release = () => {}
    const held = new Promise<void>(resolve => {
      release = resolve
    })
    const segment: Segment = async (...args) => {
      await held
      return model.segment(...args)
    }
    await start({ model: { gpu: model.gpu, state: model.state, segment } })
    const jobs = await queue.addBulk(
      ['a', 'b', 'c'].map(output => ({ name: 'photo', data: { input: 'photo.png', output } })),
    )
    await until(async () => (await queue.getActiveCount()) === 1)
    await redis.bgrewriteaof().catch(() => {}) // what was added is on disk
    await server.stop()
    await until(() => said.includes('disconnected'))
    release()
    await server.start()
    for (const job of jobs) await until(async () => (await job.getState()) === 'completed')
    expect(said.filter(line => line.endsWith('connected'))).to.deep.equal(['disconnected', 'connected'])
    for (const output of ['a', 'b', 'c']) await readFile(path(`root/${output}.overlay.png`))
  })

  it('finishes its job and takes no other when it is closed', async () => {
    let begun = () => {}
    const began = new Promise<void>(resolve => {
      begun = resolve
    })
    const segment: Segment = async (...args) => {
      begun()
      await new Promise(resolve => setTimeout(resolve, 200))
      return model.segment(...args)
    }
    await start({ model: { gpu: model.gpu, state: model.state, segment } })
    const [first, second] = await queue.addBulk(
      ['a', 'b'].map(output => ({ name: 'photo', data: { input: 'photo.png', output } })),
    )
    await began
    await worker!.close()
    expect(await first.getState()).to.equal('completed')
    expect(await second.getState()).to.equal('waiting')
  })
})

describe('packages of the queue', () => {
  it('that are not installed give one line that says what to install', async () => {
    const name = 'no-such-package'
    expect((await rejection(peerPackage(name, () => import(name)))).message).to.equal(
      'a package is missing that Atrous does not install by itself: npm install no-such-package',
    )
  })

  it('a URL that is not of Redis is one line without its password', async () => {
    for (const url of ['http://user:secret@host', 'redis://', 'localhost:6379']) {
      const { message } = await rejection(connectRedis(url))
      expect(message).to.match(/^--redis [^\n]*: expected a URL, such as redis:\/\/localhost:6379$/)
      expect(message).to.not.include('secret')
    }
  })
})

/** Notes what happens. */
function saying(said: string[]): WorkerEvents {
  return {
    onDone: ({ id }) => said.push(`done ${id}`),
    onFailed: ({ id }, { message }, retries) =>
      said.push(`failed ${id} for ${retries ? 'now' : 'good'}: ${message}`),
    onStalled: id => said.push(`stalled ${id}`),
    onStuck: ({ id }) => said.push(`stuck ${id}`),
    onDisconnected: () => said.push('disconnected'),
    onConnected: () => said.push('connected'),
    onProblem: ({ message }) => said.push(`problem: ${message}`),
  }
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise(resolve => setTimeout(resolve, 10))
}
