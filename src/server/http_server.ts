// The HTTP server: its limits, its routes, and its answers to errors.

import Fastify, { type FastifyInstance, LogController } from 'fastify'
import { addOperationsRoutes } from './operations_routes.ts'
import { addProtocolRoutes } from './protocol_routes.ts'
import { addRepositoryRoutes } from './repository_routes.ts'
import { CLIENT_GONE, refusalOf } from './request_error.ts'
import { addSegmentRoute } from './segment_route.ts'
import type { LogLevel, ServerLimits } from './server_options.ts'
import type { Service } from './service.ts'

/** A client must send its headers and its body within these times, in milliseconds. */
const HEADERS_MS = 10_000
const REQUEST_MS = 60_000
/** How often connections are checked for that. */
const CHECK_MS = 2000
/** How long a connection stays open between two requests. Longer than proxies keep theirs. */
const KEEP_ALIVE_MS = 75_000

/** How long a connection may be quiet beyond the time for an answer. Node closes it after twice the sum if an answer waits to be read. */
const QUIET_MS = 15_000

export function createHttpServer(limits: ServerLimits, logLevel: LogLevel): FastifyInstance {
  const app = Fastify({
    logger: { level: logLevel, stream: process.stderr },
    logController: new LogController({ disableRequestLogging: true }), // admission.ts writes one line a request
    bodyLimit: limits.maxBodyBytes,
    requestTimeout: REQUEST_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // A client that reads nothing of its answer. While a request is computed, its connection is as quiet.
    connectionTimeout: limits.timeout * 1000 + QUIET_MS,
    forceCloseConnections: 'idle',
    http: { headersTimeout: HEADERS_MS, connectionsCheckingInterval: CHECK_MS },
    routerOptions: { ignoreTrailingSlash: true },
  })
  app.server.maxConnections = limits.maxConnections
  return app
}

/** The hooks that all routes share must be there before. */
export function addRoutes(app: FastifyInstance, service: Service): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_, body, done) => done(null, body))
  app.setErrorHandler((error, request, reply) => {
    const { status, message, retryAfter } = refusalOf(error)
    if (status >= 500 && status !== 503 && status !== 504) request.log.error(error)
    else if (status !== CLIENT_GONE) request.log.debug({ status, message }, 'refused')
    if (retryAfter !== undefined) reply.header('retry-after', retryAfter)
    // The rest of a body is read, so that its client gets to the answer; but not of one that is too long.
    if (Number(request.headers['content-length'] ?? 0) > service.limits.maxBodyBytes)
      reply.header('connection', 'close')
    if (status === 401) reply.header('www-authenticate', 'Bearer')
    return reply.code(status).send({ error: message })
  })
  app.setNotFoundHandler((_, reply) =>
    reply.code(404).send({ error: 'no such route: GET /openapi.json lists them' }),
  )
  addProtocolRoutes(app, service)
  addRepositoryRoutes(app, service)
  addSegmentRoute(app, service)
  addOperationsRoutes(app, service)
}
