// A request: what can go wrong with it and the answer to that; and what it takes of the server, places in the queue of photos and time. It
// gives them back when it is answered or its client is gone.

import type { FastifyReply } from 'fastify'
import { Semaphore } from '../concurrency.ts'
import { UserError } from '../errors.ts'
import { DeviceLostError, OutOfMemoryError } from '../gpu/errors.ts'
import type { RequestStage, StageTimes } from './metrics.ts'

interface Refusal {
  /** Of HTTP. */
  status: number
  /** Seconds after which the client may try again. */
  retryAfter?: number
}

/** A request that the server does not fulfil. The message goes to the client. */
export class RequestError extends UserError {
  override name = 'RequestError'
  readonly status: number
  readonly retryAfter: number | undefined

  constructor(message: string, { status, retryAfter }: Refusal) {
    super(message)
    this.status = status
    this.retryAfter = retryAfter
  }
}

/** A client that has closed its connection gets no answer. Logs and metrics count it under this status, as nginx does. */
export const CLIENT_GONE = 499

/** The status and the message for an error. The message of a bug does not leave the server: it may hold anything. */
export function refusalOf(error: unknown): Refusal & { message: string } {
  if (error instanceof RequestError)
    return { status: error.status, message: error.message, retryAfter: error.retryAfter }
  if (error instanceof OutOfMemoryError) return { status: 413, message: error.message }
  if (error instanceof UserError) return { status: 400, message: error.message }
  if (error instanceof DeviceLostError)
    return { status: 503, message: 'the GPU was lost, and did not come back in time', retryAfter: 5 }
  const status = statusOf(error)
  return status < 500
    ? { status, message: (error as Error).message }
    : { status, message: 'internal error: the log of the server has more' }
}

/** Errors of the HTTP library say whose fault they are. */
function statusOf(error: unknown): number {
  const { statusCode } = error as { statusCode?: unknown }
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500 ? statusCode : 500
}

/** The share of the newest request in the mean of the latencies. */
const NEWEST = 0.1

const LONGEST_RETRY = 60

/** The queue's bound: how many photos the server takes before it has answered the earlier ones. */
export class PhotoQueue {
  readonly #places: Semaphore
  #meanSeconds = 1

  constructor(total: number) {
    this.#places = new Semaphore(total)
  }

  /** Photos that are taken and not answered. */
  get taken(): number {
    return this.#places.taken
  }

  /** Throws a RequestError with the status 503 if there are not enough places. */
  check(photos: number): void {
    const { total, taken } = this.#places
    if (photos > total)
      throw new RequestError(`expected at most ${total} photos in a request, got ${photos}`, { status: 413 })
    if (taken + photos > total)
      throw new RequestError(`the queue is full: ${taken} of ${total} photos wait`, {
        status: 503,
        retryAfter: this.#retryAfter,
      })
  }

  /** Takes places, and returns the function that frees them. Throws as `check` does. */
  take(photos: number): () => void {
    this.check(photos)
    const free = this.#places.tryTake(photos)!
    const since = performance.now()
    return () => {
      free()
      const seconds = (performance.now() - since) / 1000
      this.#meanSeconds += NEWEST * (seconds - this.#meanSeconds)
    }
  }

  /** In the mean time of a request, all that wait now have been answered. */
  get #retryAfter(): number {
    return Math.min(LONGEST_RETRY, Math.max(1, Math.ceil(this.#meanSeconds)))
  }
}

export interface RequestScope {
  /** Aborted when the time is over or the client is gone. */
  readonly signal: AbortSignal
  readonly stages: StageTimes
  measure<T>(stage: RequestStage, work: () => Promise<T>): Promise<T>
  /** Runs when the answer is sent, or the client is gone. */
  atEnd(work: () => void): void
}

export function openScope(reply: FastifyReply, seconds: number): RequestScope {
  const controller = new AbortController()
  const stages: StageTimes = {}
  const ends: (() => void)[] = []
  const timer = setTimeout(
    () => controller.abort(new RequestError(`no result within ${seconds} s`, { status: 504 })),
    seconds * 1000,
  )
  // The answer to a request that came before that to an earlier one has no connection yet, and is not told of its end.
  const { socket } = reply.request.raw
  let isOver = false
  const onClose = () => {
    if (isOver) return
    isOver = true
    socket.off('close', onClose)
    clearTimeout(timer)
    controller.abort(new RequestError('the client has closed the connection', { status: CLIENT_GONE }))
    for (const end of ends) end()
  }
  reply.raw.once('close', onClose)
  socket.once('close', onClose)
  return {
    signal: controller.signal,
    stages,
    async measure(stage, work) {
      const start = performance.now()
      try {
        return await work()
      } finally {
        stages[stage] = performance.now() - start
      }
    },
    atEnd(work) {
      if (isOver) work()
      else ends.push(work)
    },
  }
}
