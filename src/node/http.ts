// HTTP for downloads: the proxy that the environment names, time-outs, redirects, and decoded bodies.

import { pipeline, Readable, type Transform } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import type { Dispatcher } from 'undici'
import { UserError } from '../errors.ts'
import { printable } from '../printable.ts'
import { shownUrl } from './shown_url.ts'

export interface HttpTimeouts {
  /** For a connection to stand, in milliseconds. */
  connectMs: number
  /** From a request to the answer's headers. */
  answerMs: number
  /** From one piece of a body to the next. */
  stallMs: number
}

export interface HttpRequest {
  dispatcher: Dispatcher
  headers?: Record<string, string>
  /** For the origin of the URL alone; no redirect to another origin gets it. Default: the credentials in the URL. */
  authorization?: string
  /** Most bytes of a body, as it is sent. */
  maxBytes: number
  signal?: AbortSignal
}

export interface HttpAnswer {
  status: number
  headers: Dispatcher.ResponseData['headers']
  /** Without its content encoding. The caller destroys it. */
  body: Readable
  /** Whether the body came in a content encoding: its length and ranges are not those of the file. */
  isEncoded: boolean
  /** Whether nobody on the way can have changed the bytes: each request went over TLS or stayed on this machine. */
  isSecure: boolean
  /** The SHA-256 of a large file, as Hugging Face states it before it redirects to its storage. */
  statedSha256?: string
}

const REDIRECTS = [301, 302, 303, 307, 308]
const MAX_REDIRECTS = 10

const DECODERS: Record<string, () => Transform> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
}
/** More than one is rare; a long list is an attack. */
const MAX_ENCODINGS = 2

/**
 * Connections for one download, through HTTPS_PROXY or HTTP_PROXY but for the hosts of NO_PROXY and for this machine. The caller
 * destroys them. Throws a UserError where such a variable holds no URL.
 */
export async function openHttp({ connectMs, answerMs, stallMs }: HttpTimeouts): Promise<Dispatcher> {
  const [httpProxy, httpsProxy] = [proxy('HTTP_PROXY'), proxy('HTTPS_PROXY')]
  const noProxy = fromEnvironment('NO_PROXY')
  // It takes a while to load, and most commands download nothing.
  const { EnvHttpProxyAgent, Pool } = await import('undici')
  const timeouts = { headersTimeout: answerMs, bodyTimeout: stallMs }
  const connect = { timeout: connectMs }
  return new EnvHttpProxyAgent({
    httpProxy,
    httpsProxy,
    noProxy: noProxy === '*' ? noProxy : `${noProxy},localhost,127.0.0.1,[::1]`,
    proxyTunnel: false, // not needed for http: URLs, and many proxies refuse it there
    ...timeouts,
    connect,
    proxyTls: connect,
    requestTls: connect,
    clientFactory: (origin, options) => new Pool(origin, { ...options, ...timeouts }),
  })
}

/**
 * Asks for a URL and follows redirects to http: and https: URLs. Throws a UserError for a URL or a redirect that makes no sense and
 * for an encoding that is not known, the reason of the signal, or what Undici and Node throw for broken connections.
 */
export async function ask(url: string, request: HttpRequest): Promise<HttpAnswer> {
  const first = parseUrl(url)
  const authorization = request.authorization ?? basicAuthorization(first)
  const seen = new Set<string>()
  let isSecure = true
  let statedSha256: string | undefined
  for (let current = first; ; ) {
    const isFirstOrigin = current.origin === first.origin
    const answer = await send(current, {
      ...request,
      authorization: isFirstOrigin ? authorization : undefined,
    })
    isSecure &&= isSecureUrl(current)
    statedSha256 ??= linkedSha256(answer)
    const location = one(answer.headers.location)
    if (!REDIRECTS.includes(answer.statusCode) || location === undefined)
      return { ...decoded(url, answer, request), isSecure, statedSha256 }
    answer.body.destroy()
    seen.add(current.href)
    current = redirected(url, current, location)
    if (seen.has(current.href) || seen.size > MAX_REDIRECTS)
      throw new UserError(`${shownUrl(url)}: the server redirects in a circle`)
  }
}

async function send(url: URL, { dispatcher, headers, authorization, signal }: HttpRequest) {
  const { request } = await import('undici')
  const target = new URL(url)
  target.username = target.password = ''
  const all = { 'accept-encoding': 'identity', 'user-agent': 'atrous', ...headers }
  const answer = await request(target, {
    dispatcher,
    signal,
    headers: authorization === undefined ? all : { ...all, authorization },
  })
  answer.body.on('error', () => {}) // whoever reads it gets the error; where nobody does, it does not matter
  return answer
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

const isSecureUrl = ({ protocol, hostname }: URL) =>
  protocol === 'https:' || /^(localhost|.*\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)

function basicAuthorization({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined
  return `Basic ${Buffer.from(`${unescaped(username)}:${unescaped(password)}`).toString('base64')}`
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const linkedSha256 = ({ headers }: Dispatcher.ResponseData): string | undefined =>
  /^"?([0-9a-f]{64})"?$/.exec(one(headers['x-linked-etag']) ?? '')?.[1]

function decoded(
  url: string,
  { statusCode: status, headers, body }: Dispatcher.ResponseData,
  { maxBytes }: HttpRequest,
) {
  const encodings = list(headers['content-encoding']).filter(name => name !== 'identity')
  const unknown = encodings.find(name => !Object.hasOwn(DECODERS, name))
  if (unknown !== undefined || encodings.length > MAX_ENCODINGS) {
    body.destroy()
    throw new UserError(`${shownUrl(url)}: the server encodes the file as ${printable(encodings.join(', '))}`)
  }
  const isEncoded = encodings.length > 0
  if (!isEncoded) return { status, headers, body, isEncoded }
  let last = Readable.from(atMost(maxBytes, body, url))
  for (const name of encodings.toReversed()) last = pipeline(last, DECODERS[name](), () => {})
  return { status, headers, body: last, isEncoded }
}

/** What decodes to little or nothing could go on for ever. */
async function* atMost(maxBytes: number, body: AsyncIterable<Uint8Array>, url: string) {
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes > maxBytes) throw new UserError(`${shownUrl(url)}: too large: more than ${maxBytes} bytes came`)
    yield chunk
  }
}

/** The first value of a header. */
export const one = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value

const list = (value: string | string[] | undefined): string[] =>
  [value ?? []]
    .flat()
    .flatMap(text => text.split(','))
    .map(text => text.trim().toLowerCase())
    .filter(Boolean)

/** The lower case wins, as with curl; on Windows there is no difference. */
const fromEnvironment = (name: string): string => process.env[name.toLowerCase()] ?? process.env[name] ?? ''

/** A proxy's URL; '' where there is none. */
function proxy(name: string): string {
  const value = fromEnvironment(name).trim()
  if (value === '') return ''
  const url = value.includes('://') ? value : `http://${value}`
  if (URL.canParse(url) && /^(https?|socks5?):$/.test(new URL(url).protocol)) return url
  throw new UserError(`${name}: expected the URL of a proxy, such as http://proxy:3128, got ${shownUrl(url)}`)
}
