import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { UserError } from '../errors.ts'
import { fileError } from './file_error.ts'

export interface DownloadOptions {
  url: string
  /** Where the whole file ends up. While it is on its way it lies beside that, in `FILE.part`. */
  file: string
  /** The expected SHA-256 in hex, or its first digits. */
  sha256?: string
  /** The expected size. */
  bytes?: number
  /** Throws a UserError where the finished file (the path it gets) is not what it should be. */
  check?: (part: string) => Promise<void>
  onProgress?: (progress: DownloadProgress) => void
}

export interface DownloadProgress {
  file: string
  receivedBytes: number
  /** Undefined where the server does not tell. */
  totalBytes?: number
}

/** The server refused: a UserError with its HTTP status. */
export class HttpError extends UserError {
  constructor(
    url: string,
    readonly status: number,
  ) {
    super(`${url}: ${HTTP_CAUSES[status] ?? 'the server refused'} (HTTP ${status})`)
  }
}

const HTTP_CAUSES: Record<number, string> = {
  401: 'access denied',
  403: 'access denied',
  404: 'not found',
  410: 'no longer there',
}

/** Network errors that trying again does not mend. */
const UNREACHABLE: Record<string, string> = {
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'its name does not resolve; is this machine online?',
  ECONNREFUSED: 'the connection was refused',
  ENETUNREACH: 'there is no network',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_INVALID_URL: 'this is not a URL',
}

/** The waits before the second attempt, the third, and so on. */
const BACKOFF_MS = [250, 1000, 3000, 6000]

/**
 * Downloads a file whole or not at all. What a broken connection left is resumed, by this call or a later one; a finished
 * file is verified before it takes its name, and removed where it is wrong.
 * Throws a UserError for whatever goes wrong on the network, on the disk or with the file.
 */
export async function download(options: DownloadOptions): Promise<void> {
  const { file } = options
  const part = new Part(file)
  try {
    await mkdir(dirname(file), { recursive: true })
    await receiveWithRetries(options, part)
    await verify(options, part)
    await rename(part.path, file)
    await part.remove()
  } catch (error) {
    throw fileError(file, error)
  }
}

/** The file on its way, and the server's mark of its version, which a later run needs to resume it. */
class Part {
  readonly path: string
  private readonly versionPath: string

  constructor(file: string) {
    this.path = `${file}.part`
    this.versionPath = `${file}.part.version`
  }

  async size(): Promise<number> {
    return (await stat(this.path).catch(() => undefined))?.size ?? 0
  }

  async version(): Promise<string | undefined> {
    return readFile(this.versionPath, 'utf8').catch(() => undefined)
  }

  async setVersion(version: string | undefined): Promise<void> {
    if (version === undefined) await rm(this.versionPath, { force: true })
    else await writeFile(this.versionPath, version)
  }

  async remove(): Promise<void> {
    await rm(this.path, { force: true })
    await rm(this.versionPath, { force: true })
  }
}

async function receiveWithRetries(options: DownloadOptions, part: Part): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await receive(options, part)
    } catch (error) {
      if (!mayPass(error) || attempt === BACKOFF_MS.length) throw explain(options.url, error)
      await setTimeout(BACKOFF_MS[attempt])
    }
  }
}

/** Fetches what is missing of the part: all of it, unless the server still has the same version and can send the rest. */
async function receive(options: DownloadOptions, part: Part): Promise<void> {
  const { url, file, onProgress } = options
  const size = await part.size()
  const response = await request(options, { size, version: await part.version() })
  if (isWholeAlready(response, size)) return
  const isRange = response.status === 206
  const continues = isRange && response.headers.get('Content-Range')?.startsWith(`bytes ${size}-`) === true
  if (!response.ok || isRange !== continues) {
    await response.body?.cancel()
    // The server has no such range, or sends another: start over. Any other refusal says nothing of the part.
    if (response.ok || response.status === 416) await part.remove()
    throw new HttpError(url, response.status)
  }
  const begin = continues ? size : 0
  const length = response.headers.get('Content-Length')
  const totalBytes = length === null ? undefined : begin + Number(length)
  await append({ response, part, begin }, receivedBytes => onProgress?.({ file, receivedBytes, totalBytes }))
}

async function request(
  { url, sha256 }: DownloadOptions,
  { size, version }: { size: number; version: string | undefined },
): Promise<Response> {
  const headers = new Headers({ 'Accept-Encoding': 'identity' })
  // Without a version or a hash to verify, a rest of another version would go unnoticed.
  if (size > 0 && (version !== undefined || sha256 !== undefined)) {
    headers.set('Range', `bytes=${size}-`)
    if (version !== undefined) headers.set('If-Range', version)
  }
  return fetch(url, { headers })
}

function isWholeAlready({ status, headers }: Response, size: number): boolean {
  return status === 416 && headers.get('Content-Range') === `bytes */${size}`
}

/** What If-Range takes: a strong ETag, or else the date. */
function versionOf({ headers }: Response): string | undefined {
  const etag = headers.get('ETag')
  return (etag?.startsWith('"') ? etag : headers.get('Last-Modified')) ?? undefined
}

async function append(
  { response, part, begin }: { response: Response; part: Part; begin: number },
  report: (receivedBytes: number) => void,
): Promise<void> {
  // The old bytes go before the new version is noted: under it they would be resumed.
  const handle = await open(part.path, begin > 0 ? 'a' : 'w')
  try {
    await part.setVersion(versionOf(response))
    let received = begin
    report(received)
    for await (const chunk of response.body ?? []) {
      await handle.writeFile(chunk)
      received += chunk.length
      report(received)
    }
    // To disk before it takes its name: a power cut must not leave an empty file of that name.
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** A broken connection, a server that is busy or one that sent another range: worth another try. */
function mayPass(error: unknown): boolean {
  if (error instanceof HttpError) return error.status >= 500 || [206, 408, 416, 429].includes(error.status)
  return isNetworkError(error) && !(networkCode(error) in UNREACHABLE)
}

/** fetch throws a TypeError, and puts what the system said into its cause. */
function isNetworkError(error: unknown): error is TypeError {
  return error instanceof TypeError
}

function networkCode(error: TypeError): string {
  return (error.cause as NodeJS.ErrnoException | undefined)?.code ?? ''
}

function explain(url: string, error: unknown): unknown {
  if (!isNetworkError(error)) return error
  const why = UNREACHABLE[networkCode(error)] ?? 'the connection broke again and again; a new try resumes'
  return new UserError(`${url}: cannot reach the server: ${why}`, { cause: error })
}

async function verify({ url, sha256, bytes, check }: DownloadOptions, part: Part): Promise<void> {
  try {
    const size = await part.size()
    if (bytes !== undefined && size !== bytes) throw wrongFile(url, `${size} bytes came instead of ${bytes}`)
    const actual = sha256 === undefined ? '' : await sha256Of(part.path)
    if (!actual.startsWith(sha256 ?? '')) throw wrongFile(url, `its SHA-256 is ${actual}, not ${sha256}`)
    await check?.(part.path)
  } catch (error) {
    await part.remove()
    throw error
  }
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file)) hash.update(chunk)
  return hash.digest('hex')
}

function wrongFile(url: string, what: string): UserError {
  return new UserError(`${url}: not the expected file: ${what}; it was removed`)
}
