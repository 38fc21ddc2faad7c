// Hugging Face's hub, or its mirror that HF_ENDPOINT names.

import { UserError } from '../../errors.ts'
import { HUB, isBelow, shownUrl } from '../../library/downloads.ts'

/** Replaces the hub by the mirror in a URL, if there is a mirror. Leaves any other URL unchanged. */
export const hubUrl = (url: string): string =>
  isBelow(url, HUB) ? hubEndpoint() + url.slice(HUB.length) : url

/** Whether a URL, after `hubUrl`, belongs to the hub or its mirror. */
export const isOnHub = (url: string): boolean => isBelow(url, hubEndpoint())

/** The header that sends HF_TOKEN to the hub; undefined for other servers and without a token. */
export function hubAuthorization(url: string): string | undefined {
  const token = process.env.HF_TOKEN?.trim()
  if (!token || !isOnHub(url)) return undefined
  if (!/^[\x21-\x7e]+$/.test(token)) throw new UserError('HF_TOKEN: holds characters that no token has')
  return `Bearer ${token}`
}

/** The base URL of the hub or its mirror, without a trailing slash. */
export function hubEndpoint(): string {
  const value = process.env.HF_ENDPOINT?.trim()
  if (!value) return HUB
  if (URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)) return value.replace(/\/+$/, '')
  throw new UserError(`HF_ENDPOINT: expected a URL such as ${HUB}, got ${shownUrl(value)}`)
}
