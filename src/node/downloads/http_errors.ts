// Errors of the network, as one line for the user, and whether a new try may help.

import { UserError } from '../../errors.ts'
import { HttpError, shownUrl, UnreachableError } from '../../library/downloads.ts'
import { printable } from '../../printable.ts'
import { ProxyError } from './proxy.ts'

/** A time-out set by this package. */
export class ConnectionError extends Error {
  constructor(readonly code: 'ETIMEDOUT' | 'ANSWER_TIMEOUT' | 'STALL_TIMEOUT') {
    super(code)
  }
}

const BROKEN = 'the connection broke again and again; a new try resumes'

/** Errors of a connection that a new try may resolve, and the message if it does not. */
const PASSING: Record<string, string> = {
  ECONNRESET: BROKEN,
  ECONNABORTED: BROKEN,
  EPIPE: BROKEN,
  ETIMEDOUT: 'it does not answer',
  ANSWER_TIMEOUT: 'it accepts the connection, but does not answer',
  STALL_TIMEOUT: 'it stopped sending; a new try resumes',
}

/** Errors that a new try does not resolve. */
const LASTING: Record<string, string> = {
  ENOTFOUND: 'no such host, or this machine is offline',
  EAI_AGAIN: 'its name does not resolve; this machine may be offline',
  ECONNREFUSED: 'the connection was refused',
  ENETUNREACH: 'there is no network',
  EHOSTUNREACH: 'there is no way to this host',
  EADDRNOTAVAIL: 'there is no network',
}

/** Statuses that ask the client to try again later. */
const PASSING_STATUSES = [408, 429]

/** Whether a new try may help: yes after a broken connection or from a busy server, no after a lasting error. */
export function mayPass(error: unknown): boolean {
  if (error instanceof HttpError) return error.status >= 500 || PASSING_STATUSES.includes(error.status)
  return codeOf(error) in PASSING
}

/** A UserError for an error of the network. Other errors, such as a disk's, are returned unchanged. */
export function asNetworkError(url: string, error: unknown): unknown {
  const code = codeOf(error)
  const cause =
    PASSING[code] ??
    LASTING[code] ??
    certificateCause(code, error) ??
    (error instanceof ProxyError ? error.message : undefined)
  if (cause !== undefined)
    return new UnreachableError(`${shownUrl(url)}: cannot reach the server: ${cause}${proxyNote()}`)
  const isOther = /^(HPE_|ERR_|Z_)/.test(code)
  return isOther ? new UserError(`${shownUrl(url)}: ${printable((error as Error).message)}`) : error
}

function codeOf(error: unknown): string {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined
  return typeof code === 'string' ? code : ''
}

function certificateCause(code: string, error: unknown): string | undefined {
  if (!/CERT|SIGNATURE|^ERR_TLS|^ERR_SSL|^EPROTO$/.test(code)) return undefined
  const what = printable((error as Error).message)
  return /CERT|SIGNATURE/.test(code)
    ? `its certificate is not trusted (${what}); NODE_EXTRA_CA_CERTS=FILE adds an authority`
    : `it does not speak TLS as it should (${what})`
}

/** A note that names the proxy, because a wrong proxy looks like a wrong server. */
function proxyNote(): string {
  const names = ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY'].filter(name => process.env[name])
  return names.length === 0 ? '' : ` (${names.join(' and ')} ${names.length === 1 ? 'is' : 'are'} set)`
}
