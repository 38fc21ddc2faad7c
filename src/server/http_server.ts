// The HTTP server: its limits, its routes, and its answers to errors.

import type { IncomingMessage } from 'node:http'
import Fastify, { type FastifyInstance, type FastifyRequest, LogController } from 'fastify'
import { PREFLIGHT } from './access.ts'
import { describeRoutes, json, string } from './openapi.ts'
import { CLIENT_GONE, RequestError, refusalOf } from './request.ts'
import { addProtocolRoutes, addRepositoryRoutes } from './routes.ts'
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
  app.addContentTypeParser('*', ({ raw, headers, scope }: FastifyRequest, payload: IncomingMessage) => {
    const length = headers['content-length']
    return service.bodies.receive(payload, {
      client: raw.socket.remoteAddress ?? '',
      length: length === undefined ? undefined : Number(length),
      atEnd: scope.atEnd,
    })
  })
  app.setErrorHandler((error, request, reply) => {
    const { status, message, retryAfter } = refusalOf(error)
    if (status >= 500 && status !== 503 && status !== 504) request.log.error(error)
    else if (status !== CLIENT_GONE) request.log.debug({ status, message }, 'refused')
    if (retryAfter !== undefined) reply.header('retry-after', retryAfter)
    // The rest of a body is read, so that its client gets to the answer; but not of one that is too long or too slow.
    const isTooLong = Number(request.headers['content-length'] ?? 0) > service.limits.maxBodyBytes
    const isCut = !request.raw.complete && (status === 408 || status === 413)
    if (isTooLong || isCut) reply.header('connection', 'close')
    else reply.removeHeader('connection')
    if (status === 401) reply.header('www-authenticate', 'Bearer')
    return reply.code(status).send({ error: message })
  })
  app.setNotFoundHandler((_, reply) =>
    reply.code(404).send({ error: 'no such route: GET /openapi.json lists them' }),
  )
  describeRoutes(app, service.limits, service)
  // The plugin that describes routes must be there before them.
  app.register(async routes => {
    const methods = new Map<string, string[]>()
    routes.addHook('onRoute', ({ url, method }) => {
      methods.set(url, [...(methods.get(url) ?? []), method].flat())
    })
    addProtocolRoutes(routes, service)
    addRepositoryRoutes(routes, service)
    addSegmentRoute(routes, service)
    addOperationsRoutes(routes, service)
    for (const [url, allowed] of [...methods]) refuseOtherMethods(routes, url, allowed)
    const preflight = { config: { isOpen: true }, schema: { hide: true } }
    routes.options('*', preflight, (_, reply) => reply.code(204).headers(PREFLIGHT).send())
  })
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']

function refuseOtherMethods(app: FastifyInstance, url: string, allowed: readonly string[]): void {
  app.route({
    url,
    method: METHODS.filter(method => !allowed.includes(method)),
    schema: { hide: true },
    async onRequest({ method }, reply) {
      reply.header('allow', allowed.join(', '))
      throw new RequestError(`${method} is not a method of this route: expected ${allowed.join(', ')}`, {
        status: 405,
      })
    },
    handler: () => {}, // The hook has answered.
  })
}

function addOperationsRoutes(app: FastifyInstance, service: Service): void {
  const { metrics, version, hasToken, models } = service
  const page = { summary: 'A page for people', response: { 200: text('text/html') } }
  app.get('/', { config: { isOpen: true }, schema: page }, async ({ host }, reply) => {
    const names = hasToken ? [] : models.ready.map(({ name }) => name)
    return reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', "default-src 'none'; base-uri 'none'; form-action 'none'")
      .send(startPage({ host, version, models: names, hasToken }))
  })
  const prometheus = { summary: 'Metrics for Prometheus', response: { 200: text('text/plain') } }
  app.get('/metrics', { schema: prometheus }, async (_, reply) =>
    reply.type(metrics.contentType).send(await metrics.text()),
  )
  const description = { summary: 'This description', response: { 200: json({ type: 'object' }) } }
  app.get('/openapi.json', { schema: description }, async () => app.swagger())
}

const text = (type: string) => ({ description: 'OK', content: { [type]: { schema: string } } })

interface Shown {
  /** As the request names the server. */
  host: string
  version: string
  /** The names of models that answer. */
  models: readonly string[]
  hasToken: boolean
}

function startPage({ host, version, models, hasToken }: Shown): string {
  const token = hasToken ? " -H 'Authorization: Bearer TOKEN'" : ''
  const names = models.length > 0 ? `<p>Models: ${models.map(escaped).join(', ')}</p>` : ''
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Atrous</title>
<h1>Atrous ${escaped(version)}</h1>
<p>This server segments photos: a photo in, a mask out.</p>
${names}
<pre>curl${token} -H 'Content-Type: image/jpeg' --data-binary @photo.jpg \\
  'http://${escaped(host)}/segment?output=overlay' -o overlay.png</pre>
<p>It also speaks the Open Inference Protocol under <a href="/v2">/v2</a>.
<a href="/openapi.json">/openapi.json</a> describes all routes, and <a href="/metrics">/metrics</a> is for Prometheus.</p>
</html>
`
}

const SIGNS: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

const escaped = (text: string) => text.replace(/[&<>"']/g, sign => SIGNS[sign])
