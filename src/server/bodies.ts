// Receives the bodies of requests: no faster client and no slower one takes the memory of the others.

import type { Readable } from 'node:stream'
import { mebibytes } from '../graph/ir/tensor_bytes.ts'
import { inTurns } from './bounded_json.ts'
import { CLIENT_GONE, RequestError } from './request.ts'

/** All bodies together may have so many times the bytes of the largest. */
const BODIES = 16

interface BodiesOptions {
  /** The most bytes of a body. */
  most: number
  /** A body that is not complete must bring so many bytes in each such time, in milliseconds. */
  rate?: { bytes: number; milliseconds: number }
}

/** The request that a body is received for. */
interface Receiver {
  /** The client's address. */
  client: string
  /** Of the header Content-Length. A body in chunks has none. */
  length: number | undefined
  /** Keeps what gives the body's bytes back, until they are not needed any more. */
  atEnd(free: () => void): void
}

/** A kilobyte a second, which the slowest line has. Silence for 20 seconds is too long. */
const RATE = { bytes: 10_000, milliseconds: 10_000 }

/** A connection gives up to two megabytes in a turn of the event loop. After so many of its bytes, it gives one part in a turn. */
const FAST_BYTES = 2 ** 16

const SMALL_PART = 2 ** 14

/** So many bytes are copied in a step of a millisecond. */
const JOIN_BYTES = 2 ** 20

export class Bodies {
  readonly #most: number
  readonly #rate: { bytes: number; milliseconds: number }
  /** The bytes that have come and are in memory: of all clients, and of each, with the number of its bodies. */
  #bytes = 0
  readonly #clients = new Map<string, { bytes: number; bodies: number }>()

  constructor({ most, rate = RATE }: BodiesOptions) {
    this.#most = most
    this.#rate = rate
  }

  /**
   * The bytes of a body. Throws a RequestError if there are too many (413), or if they come too slowly (408). A client may have as many in
   * memory as are left for all others, so that there is always room for another one: beyond that, its larger bodies are refused (503).
   */
  receive(payload: Readable, { client, length, atEnd }: Receiver): Promise<Buffer> {
    const body = new Parts()
    const its = this.#clients.get(client) ?? { bytes: 0, bodies: 0 }
    this.#clients.set(client, its)
    its.bodies++
    return new Promise((resolve, reject) => {
      const end = (error?: RequestError) => {
        clearInterval(timer)
        payload.off('data', onData).off('end', onEnd).off('error', onGone)
        if (error) reject(error)
        else resolve(inTurns(body.join()))
      }
      const onEnd = () => end()
      const onGone = () => end(new RequestError('the client has gone', { status: CLIENT_GONE }))
      const onData = (chunk: Buffer) => {
        const refusal = this.#refusal(its, { chunk: chunk.length, received: body.length })
        if (refusal) return end(refusal)
        this.#bytes += chunk.length
        its.bytes += chunk.length
        body.push(chunk)
        if (body.length <= FAST_BYTES) return
        payload.pause()
        setImmediate(() => payload.resume())
      }
      let before = 0
      const timer = setInterval(() => {
        if (body.length - before < this.#rate.bytes) end(tooSlow(this.#rate))
        before = body.length
      }, this.#rate.milliseconds)
      payload.on('data', onData).on('end', onEnd).on('error', onGone)
      if (length !== undefined && length > this.#most) end(tooLong(this.#most))
      atEnd(() => {
        onGone() // The answer may be sent, or the client gone, before the body has come.
        this.#bytes -= body.length
        its.bytes -= body.length
        if (--its.bodies === 0) this.#clients.delete(client)
      })
    })
  }

  #refusal(
    { bytes, bodies }: { bytes: number; bodies: number },
    { chunk, received }: { chunk: number; received: number },
  ): RequestError | undefined {
    if (received + chunk > this.#most) return tooLong(this.#most)
    const left = BODIES * this.#most - this.#bytes
    const isLarge = received + chunk > bytes / bodies
    if (chunk <= left && (bytes + chunk <= left || !isLarge)) return undefined
    return new RequestError('the server is receiving too many bytes', { status: 503, retryAfter: 1 })
  }
}

const tooLong = (most: number) =>
  new RequestError(`the body is too large: at most ${mebibytes(most)}`, { status: 413 })

const tooSlow = ({ bytes, milliseconds }: typeof RATE) =>
  new RequestError(`the body comes too slowly: at least ${bytes} bytes in ${milliseconds / 1000} s`, {
    status: 408,
  })

/** The parts of a body in order. Small ones are put together: a client may send its bytes one by one, and each would take a hundred. */
class Parts {
  length = 0
  readonly #parts: Buffer[] = []
  /** The bytes of the last part that are not read yet. */
  #room = Buffer.alloc(0)

  push(chunk: Buffer): void {
    this.length += chunk.length
    const copied = chunk.copy(this.#room)
    this.#room = this.#room.subarray(copied)
    const rest = chunk.subarray(copied)
    if (rest.length >= SMALL_PART) this.#parts.push(rest)
    else if (rest.length > 0) {
      const part = Buffer.alloc(SMALL_PART)
      this.#parts.push(part)
      this.#room = part.subarray(rest.copy(part))
    }
  }

  *join(): Generator<void, Buffer> {
    const whole = Buffer.allocUnsafeSlow(this.length)
    let at = 0
    for (const part of this.#parts) {
      const step = Math.floor(at / JOIN_BYTES)
      at += part.copy(whole, at)
      if (Math.floor(at / JOIN_BYTES) > step) yield
    }
    return whole
  }
}
