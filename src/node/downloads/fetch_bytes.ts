// The bytes at a URL, for photos: in memory, with limits on size and time.

import { UserError } from '../../errors.ts'
import { HttpError, shownUrl } from '../../library/downloads.ts'
import { printable } from '../../printable.ts'
import { ask, type HttpTimeouts } from './http.ts'
import { asNetworkError } from './http_errors.ts'

interface FetchBytesOptions {
  /** The most bytes to accept, counted after decoding the content encoding. */
  maxBytes: number
  /** How long the whole download may take. */
  seconds: number
  signal?: AbortSignal
}

/** More bytes than the caller accepts. */
export class TooLargeError extends UserError {}

const TIMEOUTS: HttpTimeouts = { connectMs: 10_000, answerMs: 30_000, stallMs: 30_000 }

/**
 * The bytes of an http:, https: or data: URL. Throws a UserError if the server refuses, cannot be reached, or exceeds the limit
 * of size or time, and the signal's reason if the signal is aborted.
 */
export async function fetchBytes(url: URL, options: FetchBytesOptions): Promise<Uint8Array> {
  return url.protocol === 'data:' ? bytesOfDataUrl(url, options) : download(url, options)
}

/** A URL for a message: without secrets, and only the beginning of a data: URL. */
export const urlText = (url: URL): string =>
  url.protocol === 'data:' ? printable(url.href.slice(0, 30)) : printable(shownUrl(url.href))

async function bytesOfDataUrl(url: URL, { maxBytes }: FetchBytesOptions): Promise<Uint8Array> {
  const response = await fetch(url).catch(() => {
    throw new UserError(`${urlText(url)}: not a data: URL that can be read`)
  })
  const bytes = new Uint8Array(await response.arrayBuffer())
  if (bytes.length > maxBytes) throw tooLarge(url, maxBytes)
  return bytes
}

async function download(url: URL, { maxBytes, seconds, signal }: FetchBytesOptions): Promise<Uint8Array> {
  const end = AbortSignal.timeout(seconds * 1000)
  const either = signal ? AbortSignal.any([end, signal]) : end
  try {
    const answer = await ask(url.href, { maxBytes, timeouts: TIMEOUTS, signal: either })
    try {
      if (answer.status !== 200) throw new HttpError(url.href, answer.status)
      const chunks: Uint8Array[] = []
      let bytes = 0
      for await (const chunk of answer.body) {
        bytes += chunk.length
        if (bytes > maxBytes) throw tooLarge(url, maxBytes)
        chunks.push(chunk)
      }
      return Buffer.concat(chunks)
    } finally {
      answer.close()
    }
  } catch (error) {
    signal?.throwIfAborted()
    if (end.aborted)
      throw new UserError(`${urlText(url)}: not received within ${seconds} s`, { cause: error })
    throw asNetworkError(url.href, error)
  }
}

const tooLarge = (url: URL, maxBytes: number) =>
  new TooLargeError(`${urlText(url)}: more than the limit of ${maxBytes} bytes`)
