// The bytes behind a URL, for photos: in memory, within limits of size and time.

import { UserError } from '../errors.ts'
import { printable } from '../printable.ts'

export interface FetchBytesOptions {
  /** The most bytes to take, counted after the server's content encoding was undone. */
  maxBytes: number
  /** How long the whole download may take. */
  seconds: number
  signal?: AbortSignal
}

/**
 * Downloads what an http:, https: or data: URL names. Throws a UserError where the server refuses, cannot be reached, or sends more
 * or longer than the options allow, and the signal's reason where that is aborted.
 */
export async function fetchBytes(url: URL, options: FetchBytesOptions): Promise<Uint8Array> {
  const { seconds, signal } = options
  const end = AbortSignal.timeout(seconds * 1000)
  try {
    const response = await fetch(url.protocol === 'data:' ? url : withoutLogin(url), {
      headers: loginOf(url),
      signal: AbortSignal.any(signal ? [end, signal] : [end]),
    })
    if (!response.ok) {
      await response.body?.cancel()
      throw new UserError(`${urlText(url)}: the server refused (HTTP ${response.status})`)
    }
    return await bodyOf(response, url, options)
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof UserError) throw error
    if (end.aborted) throw new UserError(`${urlText(url)}: not here within ${seconds} s`, { cause: error })
    const { message } = ((error as Error).cause ?? error) as Error
    throw new UserError(`${urlText(url)}: cannot be downloaded (${printable(message)})`, { cause: error })
  }
}

/** A URL for a message: without a user's name and password, and of a data: URL only its beginning. */
export const urlText = (url: URL): string =>
  printable(url.protocol === 'data:' ? url.href.slice(0, 30) : withoutLogin(url).href)

function withoutLogin(url: URL): URL {
  const address = new URL(url)
  address.username = ''
  address.password = ''
  return address
}

/** `fetch` takes a user's name and password as a header only, which it does not send on to another server. */
function loginOf({ username, password }: URL): Record<string, string> {
  if (!username && !password) return {}
  const login = [username, password].map(decodeURIComponent).join(':')
  return { Authorization: `Basic ${Buffer.from(login).toString('base64')}` }
}

async function bodyOf(response: Response, url: URL, { maxBytes }: FetchBytesOptions): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > maxBytes) throw new UserError(`${urlText(url)}: more than the limit of ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
