// Hugging Face's hub, or the mirror of it that HF_ENDPOINT names.

import { UserError } from '../../errors.ts'
import { shownUrl } from './shown_url.ts'

const HUB = 'https://huggingface.co'

/** A URL of the hub as one of the mirror, where there is a mirror; any other URL as it is. */
export const hubUrl = (url: string): string => (isBelow(url, HUB) ? endpoint() + url.slice(HUB.length) : url)

/** Whether a URL, as `hubUrl` gives it, is one of the hub's or of its mirror's. */
export const isOnHub = (url: string): boolean => isBelow(url, endpoint())

/** The folder of a repository's files where the URL is that of a repository, `https://huggingface.co/OWNER/NAME`; else the URL. */
export function repositoryFiles(url: string): string {
  const rest = isOnHub(url) ? url.slice(endpoint().length) : ''
  return /^\/[^/?#]+\/[^/?#]+$/.test(rest) ? `${url}/resolve/main` : url
}

/** The header that shows HF_TOKEN to the hub; undefined for other servers and where there is no token. */
export function hubAuthorization(url: string): string | undefined {
  const token = process.env.HF_TOKEN?.trim()
  if (!token || !isOnHub(url)) return undefined
  if (!/^[\x21-\x7e]+$/.test(token)) throw new UserError('HF_TOKEN: holds characters that no token has')
  return `Bearer ${token}`
}

/** Without a slash at its end. */
function endpoint(): string {
  const value = process.env.HF_ENDPOINT?.trim()
  if (!value) return HUB
  if (URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)) return value.replace(/\/+$/, '')
  throw new UserError(`HF_ENDPOINT: expected a URL such as ${HUB}, got ${shownUrl(value)}`)
}

const isBelow = (url: string, base: string) => url === base || url.startsWith(`${base}/`)
