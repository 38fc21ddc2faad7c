// HTTP for downloads: redirects, time-outs, and decoded bodies. It uses neither `fetch` nor Undici: up to version 7.30, the last for
// Node 20, a server that closes its connection while bytes wait to be read ends the process (assert(!this.paused)). Its proxies also
// differ: an empty HTTPS_PROXY falls back to HTTP_PROXY, and 127.0.0.1 is sent to the proxy, too.

import * as http from 'node:http'
import * as https from 'node:https'
import { isIP } from 'node:net'
import { pipeline, Readable, type Transform } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { UserError } from '../../errors.ts'
import { shownUrl } from '../../library/downloads.ts'
import { printable } from '../../printable.ts'
import { ConnectionError } from './http_errors.ts'
import {
  addressOf,
  basicAuthorization,
  isThisMachine,
  openTunnel,
  plainHost,
  proxyFor,
  proxyHeaders,
} from './proxy.ts'

export interface HttpTimeouts {
  /** For connecting, in milliseconds. */
  connectMs: number
  /** From a request to the headers of the answer. */
  answerMs: number
  /** From one chunk of a body to the next. */
  stallMs: number
}

export interface HttpRequest {
  headers?: Record<string, string>
  /** Sent only to the origin of the URL; no redirect to another origin gets it. Default: the credentials in the URL. */
  authorization?: string
  /** The most bytes of an encoded body, as sent. */
  maxBytes: number
  timeouts: HttpTimeouts
  signal: AbortSignal
}

export interface HttpAnswer {
  status: number
  headers: http.IncomingHttpHeaders
  /** The body, decoded. */
  body: Readable
  /** Whether the body has a content encoding: its length and ranges then are not those of the file. */
  isEncoded: boolean
  /** Whether nobody in between can have changed the bytes: each request used TLS or stayed on this machine. */
  isSecure: boolean
  /** The SHA-256 of a large file, which Hugging Face states before it redirects to its storage. */
  statedSha256?: string
  /** Closes the connection. */
  close(): void
}

const REDIRECTS = [301, 302, 303, 307, 308]
const MAX_REDIRECTS = 10

const DECODERS: Record<string, () => Transform> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
}
/** More than one encoding is rare; a long list is an attack. */
const MAX_ENCODINGS = 2
/** A file of weights or a photo hardly shrinks. Gzip can make a thousandth of zeros. */
const MAX_EXPANSION = 100
/** So many decoded bytes are no harm. */
const FREE_BYTES = 2 ** 20

/**
 * Requests a URL and follows redirects to http: and https: URLs. Throws a UserError for an invalid URL or redirect and for an
 * unknown encoding, a ConnectionError after a time-out, or Node's own error for a broken connection.
 */
export async function ask(url: string, request: HttpRequest): Promise<HttpAnswer> {
  const first = parseUrl(url)
  const authorization = request.authorization ?? basicAuthorization(first)
  const seen = new Set<string>()
  let isSecure = true
  let statedSha256: string | undefined
  for (let current = first; ; ) {
    const isFirstOrigin = current.origin === first.origin
    const message = await send(current, {
      ...request,
      authorization: isFirstOrigin ? authorization : undefined,
    })
    isSecure &&= current.protocol === 'https:' || isThisMachine(current)
    statedSha256 ??= linkedSha256(message)
    const { location } = message.headers
    if (!REDIRECTS.includes(message.statusCode!) || location === undefined)
      return { ...answerOf(message, request, url), isSecure, statedSha256 }
    message.destroy()
    seen.add(current.href)
    current = redirected(url, current, location)
    if (seen.has(current.href) || seen.size > MAX_REDIRECTS)
      throw new UserError(`${shownUrl(url)}: the server redirects in a circle`)
  }
}

/** Sends a request and waits for the headers of the answer. */
async function send(url: URL, request: HttpRequest): Promise<http.IncomingMessage> {
  const { connectMs, answerMs } = request.timeouts
  const timeout = new AbortController()
  let timer = setTimeout(() => timeout.abort(new ConnectionError('ETIMEDOUT')), connectMs)
  const onConnected = () => {
    clearTimeout(timer)
    timer = setTimeout(() => timeout.abort(new ConnectionError('ANSWER_TIMEOUT')), answerMs)
  }
  const signal = AbortSignal.any([request.signal, timeout.signal])
  try {
    const openRequest = await wayTo(url, request, signal)
    const sent = openRequest()
    sent.once('socket', socket => {
      if (!socket.connecting) onConnected()
      else socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', onConnected)
    })
    return await new Promise((resolve, reject) => sent.on('response', resolve).on('error', reject).end())
  } catch (error) {
    throw timeout.signal.aborted ? timeout.signal.reason : error
  } finally {
    clearTimeout(timer)
  }
}

/** A function that opens the request, directly or through a proxy. */
async function wayTo(url: URL, request: HttpRequest, signal: AbortSignal): Promise<() => http.ClientRequest> {
  const proxy = proxyFor(url)
  const authorization = request.authorization === undefined ? {} : { authorization: request.authorization }
  const own = { 'accept-encoding': 'identity', 'user-agent': 'atrous', host: url.host, ...request.headers }
  const options = { agent: false, signal, headers: { ...own, ...authorization }, auth: null }
  // Node throws on credentials that are not percent-encoded; they are in the header already.
  const target = withoutCredentials(url)
  if (!proxy) return () => (url.protocol === 'https:' ? https : http).request(target, options)
  if (url.protocol === 'https:') {
    const socket = await openTunnel(proxy, url, signal)
    const host = plainHost(url)
    const createConnection = () => connectTls({ socket, host, servername: isIP(host) ? '' : host })
    return () => https.request(target, { ...options, agent: undefined, createConnection })
  }
  const headers = { ...options.headers, ...proxyHeaders(proxy) }
  const { request: requestOfProxy } = proxy.protocol === 'https:' ? https : http
  return () => requestOfProxy({ ...options, ...addressOf(proxy), path: target.href, headers })
}

function withoutCredentials(url: URL): URL {
  const target = new URL(url)
  target.username = target.password = target.hash = ''
  return target
}

function parseUrl(url: string): URL {
  if (!URL.canParse(url)) throw new UserError(`${shownUrl(url)}: this is not a URL`)
  const parsed = new URL(url)
  if (!isHttp(parsed)) throw new UserError(`${shownUrl(url)}: expected an http: or https: URL`)
  return parsed
}

function redirected(url: string, from: URL, location: string): URL {
  const what = `${shownUrl(url)}: the server redirects to`
  if (!URL.canParse(location, from)) throw new UserError(`${what} what is not a URL`)
  const to = new URL(location, from)
  if (!isHttp(to)) throw new UserError(`${what} a ${printable(to.protocol)} URL`)
  return to
}

const isHttp = ({ protocol }: URL) => protocol === 'http:' || protocol === 'https:'

const linkedSha256 = ({ headers }: http.IncomingMessage): string | undefined =>
  /^"?([0-9a-f]{64})"?$/.exec(String(headers['x-linked-etag']))?.[1]

function answerOf(message: http.IncomingMessage, request: HttpRequest, url: string) {
  const { statusCode, headers } = message
  const close = () => message.destroy()
  const encodings = (headers['content-encoding'] ?? '')
    .split(',')
    .map(name => name.trim().toLowerCase())
    .filter(name => name !== '' && name !== 'identity')
  if (encodings.length > MAX_ENCODINGS || encodings.some(name => !Object.hasOwn(DECODERS, name))) {
    close()
    throw new UserError(`${shownUrl(url)}: the server encodes the file as ${printable(encodings.join(', '))}`)
  }
  const isEncoded = encodings.length > 0
  // The caller limits the decoded bytes. This limits the encoded ones: bytes that decode to nothing could arrive for ever.
  const maxBytes = isEncoded ? request.maxBytes : Infinity
  const received = { bytes: 0 }
  let body = Readable.from(watched(message, { ...request, maxBytes, received }, url))
  for (const name of encodings.toReversed()) body = pipeline(body, DECODERS[name](), () => {})
  if (isEncoded) body = Readable.from(moderate(body, received, url))
  return { status: statusCode!, headers, body, isEncoded, close }
}

/** Decoded chunks, unless they are far more than what was received. */
async function* moderate(decoded: Readable, received: { bytes: number }, url: string) {
  let bytes = 0
  for await (const chunk of decoded) {
    bytes += chunk.length
    if (bytes > FREE_BYTES + MAX_EXPANSION * received.bytes)
      throw new UserError(`${shownUrl(url)}: too large: decoded, it is ${MAX_EXPANSION} times what was sent`)
    yield chunk
  }
}

/** The chunks of a body, limited in size and in the time between chunks. */
async function* watched(
  message: http.IncomingMessage,
  { maxBytes, timeouts, received }: HttpRequest & { received: { bytes: number } },
  url: string,
) {
  let timer: NodeJS.Timeout | undefined
  const startTimer = () => {
    timer = setTimeout(() => message.destroy(new ConnectionError('STALL_TIMEOUT')), timeouts.stallMs)
  }
  try {
    startTimer()
    for await (const chunk of message) {
      clearTimeout(timer)
      received.bytes += chunk.length
      if (received.bytes > maxBytes)
        throw new UserError(`${shownUrl(url)}: too large: more than ${maxBytes} bytes came`)
      yield chunk
      startTimer()
    }
  } finally {
    clearTimeout(timer)
  }
}
