// Bodies of requests that come slowly, without end, or from one client alone.

import { PassThrough } from 'node:stream'
import { expect } from 'chai'
import { Bodies } from '../../src/server/bodies.ts'
import type { RequestError } from '../../src/server/request.ts'

/** The largest body of these tests; all together have at most 16 times that. */
const MOST = 1000

/** A body that the test sends, and its end. */
function open(bodies: Bodies, client: string, length?: number) {
  const payload = new PassThrough()
  let end = () => {}
  const received = bodies.receive(payload, {
    ...{ client, length },
    atEnd: free => {
      end = free
    },
  })
  const refusal = received.then(
    () => undefined,
    (error: RequestError) => error,
  )
  return { payload, received, refusal, end: () => end() }
}

/** Resolves when the stream's data has been read. */
const sent = (payload: PassThrough, bytes: Buffer) =>
  new Promise<void>(resolve => payload.write(bytes, () => setImmediate(resolve)))

describe('the bodies of requests', () => {
  it('are the bytes that came, in whatever parts', async () => {
    const bytes = Buffer.from(Array.from({ length: MOST }, (_, i) => i % 251))
    for (const length of [MOST, undefined])
      for (const part of [1, 7, 333, MOST]) {
        const { payload, received } = open(new Bodies({ most: MOST }), 'a', length)
        for (let at = 0; at < MOST; at += part) payload.write(bytes.subarray(at, at + part))
        payload.end()
        expect((await received).equals(bytes), `${length} by ${part}`).to.equal(true)
      }
  })

  it('have an end: by their header, and when they come', async () => {
    const bodies = new Bodies({ most: MOST })
    expect((await open(bodies, 'a', MOST + 1).refusal)!.status).to.equal(413)
    const long = open(bodies, 'a')
    long.payload.write(Buffer.alloc(MOST))
    long.payload.write(Buffer.alloc(1))
    expect((await long.refusal)!.status).to.equal(413)
  })

  it('count when they come: connections that send nothing deny nobody', async () => {
    const bodies = new Bodies({ most: MOST })
    for (let i = 0; i < 1000; i++) open(bodies, 'slow', MOST).payload.write(Buffer.alloc(1))
    const honest = open(bodies, 'honest', MOST)
    honest.payload.end(Buffer.alloc(MOST))
    expect((await honest.received).length).to.equal(MOST)
  })

  it('leave room for other clients, however many one sends, and for its own small ones', async () => {
    const bodies = new Bodies({ most: MOST })
    const greedy = Array.from({ length: 20 }, () => open(bodies, 'greedy', MOST))
    for (const { payload } of greedy) await sent(payload, Buffer.alloc(MOST))
    const refused = greedy.slice(8).map(async ({ refusal }) => (await refusal)!.status)
    expect(await Promise.all(refused)).to.deep.equal(Array(12).fill(503)) // A half is left for others.
    for (const [client, length] of [['honest', MOST] as const, ['greedy', MOST / 10] as const]) {
      const { payload, received } = open(bodies, client, length)
      payload.end(Buffer.alloc(length))
      expect((await received).length, client).to.equal(length)
    }
    for (const { end } of greedy) end()
    const later = Array.from({ length: 7 }, () => open(bodies, 'greedy', MOST))
    for (const { payload } of later) payload.end(Buffer.alloc(MOST))
    await Promise.all(later.map(({ received }) => received))
  })

  it('that come too slowly, or stand still after a fast start, are refused', async () => {
    const bodies = new Bodies({ most: MOST, rate: { bytes: 10, milliseconds: 5 } })
    const silent = open(bodies, 'a', MOST)
    const stalled = open(bodies, 'a', MOST)
    stalled.payload.write(Buffer.alloc(MOST - 1))
    for (const { refusal } of [silent, stalled]) {
      expect((await refusal)!.status).to.equal(408)
      expect((await refusal)!.message).to.equal('the body comes too slowly: at least 10 bytes in 0.005 s')
    }
  })

  it('of clients that have gone are forgotten', async () => {
    const bodies = new Bodies({ most: MOST })
    const gone = Array.from({ length: 8 }, () => open(bodies, 'a', MOST))
    for (const { payload } of gone) await sent(payload, Buffer.alloc(MOST - 1))
    for (const { end } of gone) end()
    expect((await gone[0].refusal)!.status).to.equal(499)
    const next = Array.from({ length: 8 }, () => open(bodies, 'a', MOST))
    for (const { payload } of next) payload.end(Buffer.alloc(MOST))
    await Promise.all(next.map(({ received }) => received))
  })
})
