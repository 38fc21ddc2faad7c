// The parts of downloads that both platforms share: URLs in messages, Hugging Face's hub, errors and progress.

import { UserError } from '../errors.ts'
import { printable } from '../printable.ts'

/** A URL for messages, without credentials and without the values of its query or fragment, which may be signatures or tokens. */
export function shownUrl(url: string): string {
  if (!URL.canParse(url)) return printable(withoutSecrets(url))
  const { protocol, host, pathname, search, hash } = new URL(url)
  return `${protocol}//${host}${pathname}${search === '' ? '' : '?…'}${hash === '' ? '' : '#…'}`
}

/** Whether a text is meant as a URL to download from. */
export const isWebUrl = (text: string): boolean => /^https?:\/\//i.test(text)

/** A path, a name or a URL for messages. */
export const shownSource = (text: string) => (text.includes('://') ? shownUrl(text) : text)

/** Text that is not a URL may still hold a password. */
const withoutSecrets = (text: string) => text.replace(/[?#].*$/s, '?…').replace(/\/\/.*@/s, '//')

export const HUB = 'https://huggingface.co'

/** Whether a URL is `base` or below it. */
export const isBelow = (url: string, base: string): boolean => url === base || url.startsWith(`${base}/`)

/**
 * The folder of a repository's files for the URL of a repository, `https://huggingface.co/OWNER/NAME`; else the URL. `hub`: the
 * base URL of the hub or its mirror.
 */
export function repositoryFiles(url: string, hub: string = HUB): string {
  const rest = isBelow(url, hub) ? url.slice(hub.length) : ''
  return /^\/[^/?#]+\/[^/?#]+$/.test(rest) ? `${url}/resolve/main` : url
}

/**
 * The folder of files that `hf:OWNER/NAME` or `hf:OWNER/NAME@REVISION` stands for. A revision is a branch, a tag or a commit; without one
 * it is `main`. Undefined for other text. Throws a UserError where the repository's name is not of this form.
 */
export function hubFolder(text: string): string | undefined {
  if (!text.startsWith('hf:')) return undefined
  const [, repository, revision = 'main'] = /^hf:([\w.-]+\/[\w.-]+)(?:@([\w./-]+))?$/.exec(text) ?? []
  // A URL's `..` leads to another path of the hub, which would get the token.
  const isPath = [repository, revision].some(path => path?.split('/').some(part => /^\.*$/.test(part)))
  if (repository === undefined || isPath)
    throw new UserError(`${printable(text)}: expected hf:OWNER/NAME or hf:OWNER/NAME@REVISION`)
  return `${HUB}/${repository}/resolve/${encodeURIComponent(revision)}`
}

/** The server refused: a UserError with its HTTP status. */
export class HttpError extends UserError {
  constructor(
    url: string,
    readonly status: number,
  ) {
    super(`${shownUrl(url)}: ${STATUS_CAUSES[status] ?? 'the server refused'} (HTTP ${status})`)
  }
}

/** The server cannot be reached, or it stopped sending: this machine may be offline. */
export class UnreachableError extends UserError {}

const STATUS_CAUSES: Record<number, string> = {
  401: 'access denied',
  403: 'access denied',
  404: 'not found',
  410: 'no longer there',
}

export interface DownloadProgress {
  file: string
  receivedBytes: number
  /** Undefined if the server does not state it. */
  totalBytes?: number
}
