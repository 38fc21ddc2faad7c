// The life of one request: how long it may take, whether its client is still there, and where its time went.

import type { FastifyReply } from 'fastify'
import { CLIENT_GONE, RequestError } from './request_error.ts'

/** The stages of a request: its photos are decoded, wait for the model, run, and the result is encoded. */
export const STAGES = ['decode', 'wait', 'gpu', 'encode'] as const

export type RequestStage = (typeof STAGES)[number]

export interface RequestScope {
  /** Aborted when the time is over or the client is gone. */
  readonly signal: AbortSignal
  /** In milliseconds. Of several photos, which run side by side, the longest counts. */
  readonly stages: Partial<Record<RequestStage, number>>
  measure<T>(stage: RequestStage, work: () => Promise<T>): Promise<T>
  /** Runs when the answer is sent, or the client is gone. */
  atEnd(work: () => void): void
}

export function openScope(reply: FastifyReply, seconds: number): RequestScope {
  const controller = new AbortController()
  const stages: RequestScope['stages'] = {}
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
