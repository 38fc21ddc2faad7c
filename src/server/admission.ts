// Decides at a request's headers whether the server takes it, and counts the requests that are under way.

import type { Socket } from 'node:net'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { WaitGroup } from '../concurrency.ts'
import { tokenCheck } from './access.ts'
import { CLIENT_GONE, openScope, RequestError, type RequestScope } from './request.ts'
import type { Service } from './service.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether it needs no token, as Kubernetes' probes have none. */
    isOpen?: boolean
    /** Whether it runs a model. */
    isWork?: boolean
  }
  interface FastifyRequest {
    scope: RequestScope
  }
}

/** A connection may have so many requests without an answer. Few clients send a second one before the first one's answer. */
const PIPELINED = 4

/** A server that ends waits so long, in milliseconds, for the rest of bodies. */
const LAST_BODY_MS = 2000

interface Admission {
  /** From now on, the server answers what it has taken, and takes no more work. */
  drain(): void
  /** Resolves when no request is under way. */
  idle(): Promise<void>
  readonly isDraining: boolean
}

export function addAdmission(app: FastifyInstance, service: Service, token: string | undefined): Admission {
  const check = token === undefined ? undefined : tokenCheck(token)
  const { limits, metrics, queue, pages } = service
  const underWay = new WaitGroup()
  const receiving = new Set<FastifyRequest>()
  const unanswered = new WeakMap<Socket, number>()
  let isDraining = false
  app.decorateRequest('scope')
  app.addHook('onRequest', async (request, reply) => {
    const { socket } = request.raw
    const earlier = unanswered.get(socket) ?? 0
    if (earlier >= PIPELINED) socket.destroy()
    if (socket.destroyed) return reply.hijack()
    unanswered.set(socket, earlier + 1)
    const start = performance.now()
    request.scope = openScope(reply, limits.timeout)
    const leave = underWay.enter()
    receiving.add(request)
    request.scope.atEnd(() => {
      unanswered.set(socket, unanswered.get(socket)! - 1)
      receiving.delete(request)
      leave()
      const status = reply.raw.writableFinished ? reply.statusCode : CLIENT_GONE
      const seconds = (performance.now() - start) / 1000
      const { method, routeOptions, scope } = request
      const route = routeOptions.url ?? 'none'
      metrics.finished({ method, route, status, seconds, stages: scope.stages })
      const level = request.routeOptions.config.isOpen ? 'debug' : 'info' // Probes ask every few seconds.
      request.log[level]({ method, route, status, seconds, stages: scope.stages }, 'request')
    })
    const { isOpen, isWork } = request.routeOptions.config
    reply.headers(pages.headersFor(request.headers.origin))
    pages.check(request.method, request.raw.headers)
    if (!isOpen) check?.(request.headers.authorization)
    if (request.headers['content-encoding'] !== undefined)
      throw new RequestError('Content-Encoding: a compressed body is not supported', { status: 415 })
    if (isWork && isDraining)
      throw new RequestError('the server is shutting down', { status: 503, retryAfter: 1 })
    if (isWork) queue.check(1)
  })
  app.addHook('onSend', async (_, reply) => {
    if (isDraining) reply.header('connection', 'close')
  })
  return {
    drain() {
      isDraining = true
      setTimeout(() => {
        for (const { raw } of receiving) if (!raw.complete) raw.destroy()
      }, LAST_BODY_MS).unref()
    },
    idle: () => underWay.idle(),
    get isDraining() {
      return isDraining
    },
  }
}
