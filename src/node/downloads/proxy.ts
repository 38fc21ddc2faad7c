// The proxy that the environment names: HTTPS_PROXY, HTTP_PROXY and NO_PROXY, as curl and others read them. At the end, what a URL
// says about its host and credentials.

import * as http from 'node:http'
import * as https from 'node:https'
import type { Socket } from 'node:net'
import { UserError } from '../../errors.ts'
import { shownUrl } from '../../library/downloads.ts'

/** The proxy for a URL; undefined if there is none. Throws a UserError if the variable does not hold a proxy's URL. */
export function proxyFor(url: URL): URL | undefined {
  const name = url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY'
  const value = fromEnvironment(name)
  if (value === '' || isThisMachine(url) || isExcepted(url)) return undefined
  const proxy = value.includes('://') ? value : `http://${value}`
  if (URL.canParse(proxy) && /^https?:$/.test(new URL(proxy).protocol)) return new URL(proxy)
  throw new UserError(
    `${name}: expected the URL of a proxy, such as http://proxy:3128, got ${shownUrl(proxy)}`,
  )
}

/** The lower-case name has priority, as in curl. On Windows names have no case. */
const fromEnvironment = (name: string): string =>
  (process.env[name.toLowerCase()] ?? process.env[name] ?? '').trim()

/** Whether NO_PROXY names the host, a parent domain or `*`, each with this port or without a port. */
function isExcepted({ hostname, protocol, port }: URL): boolean {
  const ofUrl = port || (protocol === 'https:' ? '443' : '80')
  return fromEnvironment('NO_PROXY')
    .toLowerCase()
    .split(/[\s,]+/)
    .some(entry => {
      const [, host, portOfEntry = ofUrl] = /^(?:\*?\.)?(.+?)(?::(\d+))?$/.exec(entry) ?? []
      const isHost = host !== undefined && (host === '*' || `.${hostname}`.endsWith(`.${host}`))
      return isHost && portOfEntry === ofUrl
    })
}

/** The header with the credentials for the proxy. */
export function proxyHeaders(proxy: URL): { 'proxy-authorization'?: string } {
  const authorization = basicAuthorization(proxy)
  return authorization === undefined ? {} : { 'proxy-authorization': authorization }
}

/** The address of an http: or https: proxy, for `request`. */
export const addressOf = (proxy: URL) => ({
  host: plainHost(proxy),
  protocol: proxy.protocol,
  port: proxy.port,
})

/** The proxy refused, with this HTTP status. */
export class ProxyError extends Error {
  constructor(readonly status: number | undefined) {
    super(`the proxy refused (HTTP ${status})`)
  }
}

/** A connection through a proxy to the host of a URL. */
export function openTunnel(proxy: URL, url: URL, signal: AbortSignal): Promise<Socket> {
  const path = `${url.hostname}:${url.port || 443}`
  const { request } = proxy.protocol === 'https:' ? https : http
  return new Promise((resolve, reject) => {
    request({
      ...addressOf(proxy),
      method: 'CONNECT',
      path,
      agent: false,
      signal,
      headers: { host: path, ...proxyHeaders(proxy) },
    })
      .on('connect', ({ statusCode }, socket) => {
        if (statusCode === 200) return resolve(socket)
        socket.destroy()
        reject(new ProxyError(statusCode))
      })
      .on('response', ({ statusCode, socket }) => {
        socket.destroy()
        reject(new ProxyError(statusCode))
      })
      .on('error', reject)
      .end()
  })
}

/** Whether a URL points to this machine: nobody can change its bytes on the way, and no proxy is used. */
export const isThisMachine = ({ hostname }: URL): boolean =>
  /^(localhost|.*\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)

/** The host in the form for sockets: a URL has brackets around an IPv6 address. */
export const plainHost = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, '$1')

/** The header for the credentials in a URL; undefined if it has none. */
export function basicAuthorization({ username, password }: URL): string | undefined {
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
