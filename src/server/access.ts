// Who may use the server: who has its token, and pages that have a right to. Any page that its user visits can send requests to it.

import { createHash, timingSafeEqual } from 'node:crypto'
import { BlockList, isIP } from 'node:net'
import { shown } from '../options.ts'
import { RequestError } from './request.ts'

/**
 * A check of the header Authorization, which throws a RequestError with the status 401. It takes as long for a wrong token as for a right
 * one: digests have one length, and all bytes of them are compared.
 */
export function tokenCheck(token: string): (authorization: string | undefined) => void {
  const expected = digestOf(token)
  return authorization => {
    const [, given = ''] = /^Bearer +(\S+)$/i.exec(authorization ?? '') ?? []
    if (!timingSafeEqual(digestOf(given), expected))
      throw new RequestError('expected the header Authorization: Bearer, with the token of this server', {
        status: 401,
      })
  }
}

const digestOf = (text: string) => createHash('sha256').update(text).digest()

/** Headers that say where a request was sent, and what sent it. */
interface Headers {
  host?: string
  origin?: string
  'sec-fetch-site'?: string
  'content-type'?: string
}

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8)
LOOPBACK.addAddress('::1', 'ipv6')

/** Whether other machines do not reach an address. */
export const isLocal = (host: string): boolean =>
  host === 'localhost' || (isIP(host) > 0 && LOOPBACK.check(host, isIP(host) === 6 ? 'ipv6' : 'ipv4'))

/** Any page can send these types without asking before. */
const FORM_TYPES = /^\s*(application\/x-www-form-urlencoded|multipart\/form-data|text\/plain)\b/i

export class Pages {
  readonly #hosts: readonly string[]
  readonly #origins: readonly string[]
  #bound = '127.0.0.1'

  /** `hosts`: names besides the address that is bound; with a dot before it, also all below that name. */
  constructor({ hosts = [], origins = [] }: { hosts?: readonly string[]; origins?: readonly string[] }) {
    this.#hosts = hosts.map(host => host.toLowerCase())
    this.#origins = origins
  }

  /** The address on which the server listens. */
  bind(host: string): void {
    this.#bound = host.toLowerCase()
  }

  /** Throws a RequestError (403, 415) for a request that a page may have sent which has no right to. */
  check(method: string | undefined, headers: Headers): void {
    const { host, origin, 'sec-fetch-site': site, 'content-type': type } = headers
    if (host !== undefined && !this.#isHost(host)) throw new RequestError(NOT_HOST(host), { status: 403 })
    const isOwn =
      origin === undefined
        ? site === undefined || OWN_SITES.includes(site)
        : this.#origins.includes(origin) || urlOf(origin)?.host === host
    if (!isOwn)
      throw new RequestError('a page of another site cannot use this server (see --allow-origin)', {
        status: 403,
      })
    if (method === 'POST' && type !== undefined && FORM_TYPES.test(type))
      throw new RequestError(NOT_A_FORM(type), { status: 415 })
  }

  /** The headers by which an answer tells browsers whether a page of another origin may read them (CORS). */
  headersFor(origin: string | undefined): Record<string, string> {
    if (this.#origins.length === 0) return {}
    const vary = { vary: 'Origin' }
    if (origin === undefined || !this.#origins.includes(origin)) return vary
    const exposed = 'Inference-Header-Content-Length, Retry-After'
    return { ...vary, 'access-control-allow-origin': origin, 'access-control-expose-headers': exposed }
  }

  /** A page whose name's address has become that of this server (DNS rebinding) sends that name. The port says nothing. */
  #isHost(host: string): boolean {
    if (!HOST.test(host)) return false
    const name = urlOf(`http://${host}`)?.hostname.replace(/^\[|\]$|\.$/g, '')
    if (name === undefined) return false
    if (name === this.#bound || this.#hosts.some(each => isNameOf(name, each))) return true
    if (EVERY_ADDRESS.includes(this.#bound)) return name === 'localhost' || isIP(name) > 0
    return isLocal(this.#bound) && isLocal(name)
  }
}

/** A name or an address, and perhaps a port. */
const HOST = /^[\w.:[\]-]+$/

/** The answer to a browser that asks whether a page may send a request, to a route that has no other answer to OPTIONS. */
export const PREFLIGHT = {
  'access-control-allow-methods': 'GET, POST',
  'access-control-allow-headers': 'Authorization, Content-Type, Inference-Header-Content-Length',
  'access-control-max-age': '600',
}

/** The words of browsers for a request that another page has no part in. */
const OWN_SITES = ['same-origin', 'none']

const EVERY_ADDRESS = ['0.0.0.0', '::']

const isNameOf = (name: string, host: string): boolean =>
  host.startsWith('.') ? name.endsWith(host) || name === host.slice(1) : name === host

const NOT_HOST = (host: string) => `Host: ${shown(host)} is not a name of this server (see --allow-host)`

const NOT_A_FORM = (type: string) =>
  `Content-Type: any page can send ${shown(type)} unasked; expected the photo's, such as image/jpeg, or application/json or application/octet-stream`

function urlOf(text: string): URL | undefined {
  try {
    return new URL(text)
  } catch {
    return undefined
  }
}
