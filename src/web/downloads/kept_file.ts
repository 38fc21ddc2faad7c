// A downloaded file in the browser's cache storage: verified each time it is read, and downloaded again if it is damaged.

import { shownUrl } from '../../library/downloads.ts'
import { difference, type FetchOptions, fetchFile, sha256Of } from './fetch_file.ts'

interface KeepOptions extends FetchOptions {
  /** Whether to keep the file, and to take a kept one. */
  cache: boolean
  /** Called with a line if the file cannot be kept, or if the kept one is damaged. */
  onWarning: (message: string) => void
  /** Throws a UserError for a file that must not be kept, such as the web page of a server that has moved the file. */
  check(bytes: Uint8Array): Promise<void>
}

/** The name of this package's cache. */
const CACHE = 'atrous'

/** The header with the SHA-256 of a kept file. */
const SHA256 = 'x-atrous-sha256'

/** The bytes at a URL, from the cache or from the server. Throws as `fetchFile` does. */
export async function keptFile(url: string, options: KeepOptions): Promise<Uint8Array<ArrayBuffer>> {
  const { onWarning, check, signal } = options
  signal?.throwIfAborted()
  const cache = options.cache ? await openCache(onWarning) : undefined
  const kept = cache && (await readKept(cache, url, options))
  if (kept) return kept
  const bytes = await fetchFile(url, options)
  await check(bytes)
  if (cache) await keep(cache, url, bytes, onWarning)
  return bytes
}

/** Undefined if the browser has no cache storage, or refuses it to this page. */
async function openCache(warn: (message: string) => void): Promise<Cache | undefined> {
  try {
    return await globalThis.caches?.open(CACHE)
  } catch (error) {
    warn(`this browser refuses its cache storage to this page, so downloads are not kept (${nameOf(error)})`)
    return undefined
  }
}

/** Undefined if the file is not there, or is damaged. */
async function readKept(
  cache: Cache,
  url: string,
  { bytes, sha256, onWarning }: KeepOptions,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const found = await cache.match(url)
  if (!found) return undefined
  const file = new Uint8Array(await found.arrayBuffer())
  const expected = sha256 ?? found.headers.get(SHA256) ?? undefined
  const wrong = await difference(file, { bytes, sha256: expected })
  if (wrong === undefined) return file
  onWarning(`${shownUrl(url)}: damaged in the cache: ${wrong}; it is downloaded again`)
  return undefined
}

/** A full cache is no reason to stop. */
async function keep(
  cache: Cache,
  url: string,
  bytes: Uint8Array<ArrayBuffer>,
  warn: (message: string) => void,
): Promise<void> {
  const headers = { [SHA256]: await sha256Of(bytes), 'content-type': 'application/octet-stream' }
  try {
    await cache.put(url, new Response(bytes, { headers }))
  } catch (error) {
    warn(
      `${shownUrl(url)}: cannot be kept in the browser's cache, and is downloaded again next time (${nameOf(error)})`,
    )
  }
}

const nameOf = (error: unknown) => (error instanceof Error ? error.name : String(error))
