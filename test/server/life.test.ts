// A server among clients that leave, wait or attack, with a GPU that is lost, and to its end.

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { DeepLab } from '../../src/node/index.ts'
import { type AtrousServer, createServer, type ServerOptions } from '../../src/server/index.ts'
import { PNG_SIGNATURE, pngChunk, pngHeader } from '../support/png_chunk.ts'
import { SIZE, scenePart } from './support.ts'

describe('a server', () => {
  let model: DeepLab
  let photo: Uint8Array<ArrayBuffer>
  let expected: Buffer

  before(async () => {
    model = await DeepLab.load('scenes')
    photo = new Uint8Array(await scenePart(80, 120))
    expected = Buffer.from((await model.segment(photo, { size: SIZE })).maskPng())
  })
  after(() => model.dispose())

  interface Client {
    server: AtrousServer
    url: string
    /** Asks for the mask of the photo. */
    segment(init?: RequestInit, query?: string): Promise<Response>
    /** Fails unless the server still answers as it should. */
    works(): Promise<void>
    /** The value of a metric. */
    metric(name: string): Promise<number>
    /** Waits until a metric has a value. */
    until(name: string, value: number): Promise<void>
  }

  async function withServer(options: ServerOptions, test: (client: Client) => Promise<void>): Promise<void> {
    const server = createServer({ models: { scenes: model }, ...options })
    const url = await server.listen({ port: 0 })
    await server.ready()
    const segment: Client['segment'] = (init, query = `size=${SIZE}`) =>
      fetch(`${url}/segment?${query}`, { method: 'POST', body: photo, ...init })
    const metric = async (name: string) => {
      const text = await (await fetch(`${url}/metrics`)).text()
      const line = text.split('\n').find(line => line.startsWith(name))
      return Number(line?.split(' ').at(-1) ?? 0)
    }
    const client: Client = {
      ...{ server, url, segment, metric },
      async works() {
        const answer = await segment()
        expect(answer.status).to.equal(200)
        expect(Buffer.from(await answer.arrayBuffer()).equals(expected)).to.equal(true)
      },
      async until(name, value) {
        while ((await metric(name)) !== value) await sleep(5)
      },
    }
    try {
      await test(client)
    } finally {
      await server.close()
    }
  }

  const SLOW = 'size=321' // takes a part of a second

  it('answers each of many clients with the mask of its own photo, in batches', async () => {
    const places = [0, 40, 80, 120, 160, 200, 240, 280].flatMap(left =>
      [20, 140].map(top => [left, top] as const),
    )
    const photos = await Promise.all(places.map(([left, top]) => scenePart(left, top)))
    const masks: string[] = []
    for (const each of photos) masks.push(textOf((await model.segment(each, { size: SIZE })).maskPng()))
    expect(new Set(masks).size).to.be.above(12)
    await withServer({ batchDelay: 50 }, async ({ segment, metric }) => {
      const answers = await Promise.all(photos.map(each => segment({ body: new Uint8Array(each) })))
      const found = await Promise.all(
        answers.map(async answer => textOf(new Uint8Array(await answer.arrayBuffer()))),
      )
      expect(found).to.deep.equal(masks)
      expect(await metric('atrous_batch_photos_sum')).to.equal(photos.length)
      expect(await metric('atrous_batch_photos_count')).to.be.below(photos.length)
    })
  })

  it('asks for its token, but not of probes', async () => {
    await withServer({ token: 'secret' }, async ({ url, segment }) => {
      const authorization = 'Bearer secret'
      const paths = ['/v2', '/v2/models/scenes', '/metrics', '/openapi.json', '/none']
      for (const path of paths) expect((await fetch(url + path)).status, path).to.equal(401)
      const refused = await segment({ headers: { authorization: 'Bearer wrong' } })
      expect(refused.status).to.equal(401)
      expect(refused.headers.get('www-authenticate')).to.equal('Bearer')
      expect((await refused.json()).error).to.not.include('secret')
      expect((await segment({ headers: { authorization } })).status).to.equal(200)
      for (const path of ['/v2/health/live', '/v2/health/ready', '/v2/models/scenes/ready'])
        expect((await fetch(url + path)).status, path).to.equal(200)
      const described = await (await fetch(`${url}/openapi.json`, { headers: { authorization } })).json()
      expect(described.security).to.deep.equal([{ token: [] }])
    })
  })

  it('answers 503 with Retry-After when its queue is full', async () => {
    await withServer({ queue: 2, batchDelay: 500 }, async ({ segment, works }) => {
      const answers = await Promise.all(Array.from({ length: 4 }, () => segment()))
      const statuses = answers.map(({ status }) => status).sort()
      expect(statuses).to.deep.equal([200, 200, 503, 503])
      const full = answers.find(({ status }) => status === 503)!
      expect(Number(full.headers.get('retry-after'))).to.be.within(1, 60)
      expect((await full.json()).error).to.equal('the queue is full: 2 of 2 photos wait')
      await works()
    })
  })

  it('answers 504 when a result takes too long', async () => {
    await withServer({ timeout: 0.05, batchDelay: 60_000 }, async ({ segment }) => {
      const late = await segment()
      expect(late.status).to.equal(504)
      expect((await late.json()).error).to.equal('no result within 0.05 s')
    })
  })

  it('forgets the photo of a client that has gone, also one that waits', async () => {
    await withServer({ batchSize: 1 }, async ({ segment, works, metric, until }) => {
      const gone = new AbortController()
      const clients = Array.from({ length: 5 }, () =>
        segment({ signal: gone.signal }, SLOW).catch(() => 'gone'),
      )
      await until('atrous_queue_photos', 5)
      gone.abort()
      expect(await Promise.all(clients)).to.deep.equal(Array(5).fill('gone'))
      await until('atrous_queue_photos', 0)
      await works()
      expect(await metric('atrous_responses_total{method="POST",route="/segment",code="499"}')).to.equal(5)
      expect(await metric('atrous_batch_photos_sum')).to.be.below(4)
    })
  })

  it('loses no request when the GPU is lost', async () => {
    await withServer({ batchSize: 2 }, async ({ works, metric, until }) => {
      for (let i = 0; i < 2; i++) {
        const clients = Array.from({ length: 4 }, works)
        await sleep(20 * i)
        model.gpu.device.destroy() // as a driver that fails
        await Promise.all(clients)
      }
      await works()
      expect(await metric('atrous_gpu_recoveries_total')).to.be.within(1, 2)
      await until('atrous_queue_photos', 0)
    })
  })

  it('ends when it has answered what it has taken, and is not ready meanwhile', async () => {
    await withServer({}, async ({ server, url, segment, until }) => {
      const taken = Array.from({ length: 3 }, () => segment({}, SLOW))
      await until('atrous_queue_photos', 3)
      const closed = server.close()
      const ready = await fetch(`${url}/v2/health/ready`)
      expect(ready.status).to.equal(400)
      expect((await fetch(`${url}/v2/health/live`)).status).to.equal(200)
      const late = await segment()
      expect(late.status).to.equal(503)
      expect(late.headers.get('connection')).to.equal('close')
      for (const answer of await Promise.all(taken)) expect(answer.status).to.equal(200)
      await closed
      expect(await fetch(url).catch(error => error.cause.code)).to.equal('ECONNREFUSED')
    })
  })

  it('serves others beside slow, silent and cut connections', async () => {
    await withServer({ maxConnections: 60 }, async ({ server, url, works, until }) => {
      const head = 'POST /segment HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n'
      const sockets = [
        ...(await Promise.all(Array.from({ length: 40 }, () => open(url, '')))),
        ...[await open(url, head), await open(url, `${head}\r\nabc`)],
      ]
      await works()
      for (const cut of [head, `${head}\r\nabc`, 'nonsense\r\n\r\n', '\x16\x03\x01'])
        (await open(url, cut)).destroy()
      await works()
      await until('atrous_queue_photos', 0)
      await server.close() // waits two seconds for the rest of a body
      for (const socket of sockets) socket.destroy()
    })
  })

  it('cuts a connection that sends requests without end, and keeps none of their places', async () => {
    await withServer({ queue: 8 }, async ({ url, works, until }) => {
      const post = (length: number) =>
        `POST /segment HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\n\r\n`
      const flood = await open(url, 'GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(5000))
      await new Promise(resolve => flood.resume().once('close', resolve))
      const two = await open(url, post(photo.length))
      two.write(Buffer.concat([photo, Buffer.from(post(photo.length)), photo]))
      await until('atrous_queue_photos', 2)
      two.destroy()
      await until('atrous_queue_photos', 0)
      await works()
    })
  })

  it('refuses connections above its limit', async () => {
    await withServer({ maxConnections: 5 }, async ({ url }) => {
      const sockets = await Promise.all(Array.from({ length: 5 }, () => open(url, '')))
      const refused = await open(url, '')
      await once(refused, 'close')
      sockets[0].destroy()
      const status = () =>
        fetch(`${url}/v2/health/live`).then(
          answer => answer.status,
          () => 'refused',
        )
      while ((await status()) !== 200) await sleep(5)
      for (const socket of sockets) socket.destroy()
    })
  })

  it('decodes no bomb, and reads no body that is too long', async () => {
    await withServer({}, async ({ segment, works }) => {
      const bomb = await segment({ body: BOMB })
      expect(bomb.status).to.be.oneOf([400, 413])
      expect((await bomb.json()).error).to.match(
        /^image: 50000×50000 pixels is over the limit of \d+ megapixels$/,
      )
      const long = await segment({ body: new Uint8Array(50 * 2 ** 20) }).then(
        ({ status }) => status,
        () => 'cut', // The server does not wait for the rest of the body.
      )
      expect(long).to.be.oneOf([413, 'cut'])
      await works()
    })
  })
})

const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')

/** A connection that has sent a text and no more. */
async function open(url: string, text: string): Promise<Socket> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {})
  await once(socket, 'connect')
  if (text !== '') await new Promise<void>(resolve => socket.write(text, () => resolve()))
  return socket
}

/** A PNG whose header states 50 000 × 50 000 pixels. */
const BOMB = new Uint8Array(
  Buffer.concat([
    PNG_SIGNATURE,
    pngHeader(50_000, 50_000, { colour: 2 }),
    pngChunk('IDAT', Buffer.alloc(4096)),
    pngChunk('IEND', Buffer.alloc(0)),
  ]),
)
