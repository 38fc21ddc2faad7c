// A file from a server, with progress, verified.

import { UserError } from '../../errors.ts'
import { type DownloadProgress, HttpError, shownUrl, UnreachableError } from '../../library/downloads.ts'

export interface FetchOptions {
  /** Its name for `onProgress`. */
  name: string
  /** The exact size, if known. */
  bytes?: number
  /** The SHA-256 in hexadecimal digits, or its first digits, if known. */
  sha256?: string
  maxBytes?: number
  onProgress?: (progress: DownloadProgress) => void
  signal?: AbortSignal
}

/**
 * The bytes at a URL. Throws HttpError if the server refuses, UnreachableError if it cannot be reached, a UserError if it sends
 * another file than expected, and the signal's reason.
 */
export async function fetchFile(url: string, options: FetchOptions): Promise<Uint8Array<ArrayBuffer>> {
  const { name, bytes, maxBytes = Infinity, onProgress, signal } = options
  const response = await reached(url, fetch(url, { signal }), signal)
  if (!response.ok) throw new HttpError(url, response.status)
  const totalBytes = bytes ?? statedBytes(response)
  const parts: Uint8Array[] = []
  let receivedBytes = 0
  for await (const part of partsOf(response, url, signal)) {
    receivedBytes += part.length
    if (receivedBytes > maxBytes)
      throw new UserError(`${shownUrl(url)}: too large: over the limit of ${maxBytes} bytes`)
    parts.push(part)
    onProgress?.({ file: name, receivedBytes, totalBytes })
  }
  const file = joined(parts, receivedBytes)
  const wrong = await difference(file, options)
  if (wrong !== undefined) throw new UserError(`${shownUrl(url)}: not the expected file: ${wrong}`)
  return file
}

/** The parts of a body as they arrive. If the caller stops early, the rest is not downloaded. */
async function* partsOf(
  { body }: Response,
  url: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const reader = body!.getReader()
  try {
    for (;;) {
      const { done, value } = await reached(url, reader.read(), signal)
      if (done) return
      yield value
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

/** Browsers do not say why a server cannot be reached. */
async function reached<T>(url: string, work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  try {
    return await work
  } catch (cause) {
    signal?.throwIfAborted()
    const what = 'cannot reach the server, or it does not let this page read the file (CORS)'
    throw new UnreachableError(`${shownUrl(url)}: ${what}`, { cause })
  }
}

/** The size that a server states; undefined if it compresses the file, because the stated size is then another one. */
function statedBytes({ headers }: Response): number | undefined {
  const stated = headers.get('content-length')
  return stated === null || headers.has('content-encoding') ? undefined : Number(stated)
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}

/** The difference of a file from the expected one; undefined if it has the expected size and SHA-256. */
export async function difference(
  file: Uint8Array<ArrayBuffer>,
  { bytes, sha256 }: Pick<FetchOptions, 'bytes' | 'sha256'>,
): Promise<string | undefined> {
  if (bytes !== undefined && file.length !== bytes) return `it has ${file.length} bytes, not ${bytes}`
  if (sha256 === undefined) return undefined
  const actual = await sha256Of(file)
  return actual.startsWith(sha256) ? undefined : `its SHA-256 is ${actual}, not ${sha256}`
}

export async function sha256Of(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return [...digest].map(byte => byte.toString(16).padStart(2, '0')).join('')
}
