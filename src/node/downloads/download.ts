import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { UserError } from '../../errors.ts'
import { fileError } from '../files/file_error.ts'
import { type Deadline, startDeadline, type TimeLimit } from './deadline.ts'
import { openPart, type Part, PartTakenError } from './download_part.ts'
import type { DownloadProgress } from './download_progress.ts'
import { ask, type HttpAnswer, type HttpRequest, type HttpTimeouts } from './http.ts'
import { asNetworkError, HttpError, mayPass, UnreachableError } from './http_errors.ts'
import { shownUrl } from './shown_url.ts'

export interface DownloadOptions {
  url: string
  /** Where the whole file ends up. While it is on its way it lies beside that, in `FILE.ID.part`. */
  file: string
  /** The expected SHA-256 in hex, or its first digits. */
  sha256?: string
  /** The expected size. */
  bytes?: number
  /** The largest size, where the exact one is not known. Default: that of the largest file that can be read. */
  maxBytes?: number
  /** A header for the URL's own origin; no redirect to another origin gets it. Default: the credentials in the URL. */
  authorization?: string
  /** Throws a UserError where the finished file (the path it gets, and its SHA-256) is not what it should be. */
  check?: (part: string, sha256: string) => Promise<void>
  onProgress?: (progress: DownloadProgress) => void
  /** Gets a line for the user, such as that nothing vouches for the bytes. */
  onWarning?: (message: string) => void
  /** Ends the download with the signal's reason; what came is kept, and a new call resumes it. */
  signal?: AbortSignal
  limits?: Partial<DownloadLimits>
}

export interface DownloadLimits extends HttpTimeouts, TimeLimit {
  /** The waits before the second attempt, the third, and so on, in milliseconds. */
  backoffMs: readonly number[]
}

const LIMITS: DownloadLimits = {
  connectMs: 10_000,
  answerMs: 30_000,
  stallMs: 30_000,
  totalMs: 600_000,
  bytesPerSecond: 4096,
  backoffMs: [250, 1000, 3000, 6000],
}

/** Node reads no larger file at once. */
const MAX_BYTES = 2 ** 31 - 1

/** A download and what it works with. */
interface Job extends DownloadOptions {
  part: Part
  maxBytes: number
  limits: DownloadLimits
  http: HttpRequest
  deadline: Deadline
}

/**
 * Downloads a file whole or not at all. What a broken connection left is resumed, by this call or a later one; a finished
 * file is verified before it takes its name, and removed where it is wrong. The caller sees to it that one process at a time
 * downloads to `file`; a process that was suspended and lost that right meanwhile gets a PartTakenError.
 * Throws a UserError for whatever goes wrong on the network, on the disk or with the file.
 */
export async function download(options: DownloadOptions): Promise<void> {
  const { url, file, bytes, maxBytes = bytes ?? MAX_BYTES, authorization } = options
  const limits = { ...LIMITS, ...options.limits }
  const deadline = startDeadline(limits, () => new UnreachableError(tooSlow(url)))
  const signal = options.signal ? AbortSignal.any([options.signal, deadline.signal]) : deadline.signal
  try {
    await mkdir(dirname(file), { recursive: true })
    const part = await openPart(file)
    const http = { authorization, maxBytes, timeouts: limits, signal }
    await run({ ...options, part, maxBytes, limits, http, deadline })
  } catch (error) {
    throw fileError(file, error)
  } finally {
    deadline.stop()
  }
}

const tooSlow = (url: string) => `${shownUrl(url)}: the server sends too slowly; a new try resumes`

async function run(job: Job): Promise<void> {
  const answer = await receiveWithRetries(job)
  const sha256 = job.sha256 ?? answer.statedSha256
  await verify({ ...job, sha256 })
  if (!answer.isSecure && (job.sha256 ?? '').length < SHA256_DIGITS)
    job.onWarning?.(
      `${shownUrl(job.url)}: came over plain http: neither TLS nor a known hash vouches for the file`,
    )
  await job.part.finish()
}

const SHA256_DIGITS = 64

async function receiveWithRetries(job: Job): Promise<HttpAnswer> {
  const { url, limits, http } = job
  for (let attempt = 0; ; attempt++) {
    try {
      return await receive(job)
    } catch (error) {
      http.signal.throwIfAborted()
      const isLast = attempt === limits.backoffMs.length
      if (isLast || !(mayPass(error) || error instanceof StartOver)) throw asNetworkError(url, error)
    }
    await wait(limits.backoffMs[attempt], http.signal)
  }
}

async function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  await setTimeout(milliseconds, undefined, { signal }).catch(() => signal.throwIfAborted())
}

/** The server has no such range, or sends another than was asked for: the part is gone, and the next attempt takes all. */
class StartOver extends HttpError {}

/** Fetches what is missing of the part: all of it, unless the server still has the same version and can send the rest. */
async function receive(job: Job): Promise<HttpAnswer> {
  const { url, part } = job
  const size = await part.size()
  const range = await rangeHeaders(job, size)
  const answer = await ask(url, { ...job.http, headers: range })
  try {
    if (isWholeAlready(answer, size)) return answer
    const isRange = answer.status === 206
    if (isRange ? !continuesAt(answer, size) : answer.status === 416 && range) {
      await part.remove()
      throw new StartOver(url, answer.status)
    }
    if (answer.status !== 200 && !isRange) throw new HttpError(url, answer.status)
    await append(job, answer, isRange ? size : 0)
    return answer
  } finally {
    answer.close()
  }
}

/** Without a version or a hash to verify, a rest of another version would go unnoticed. */
async function rangeHeaders(
  { part, sha256 }: Job,
  size: number,
): Promise<Record<string, string> | undefined> {
  const version = await part.version()
  if (size === 0 || (version === undefined && sha256 === undefined)) return undefined
  return { range: `bytes=${size}-`, ...(version === undefined ? {} : { 'if-range': version }) }
}

const isWholeAlready = ({ status, headers }: HttpAnswer, size: number): boolean =>
  status === 416 && size > 0 && headers['content-range'] === `bytes */${size}`

const continuesAt = ({ headers, isEncoded }: HttpAnswer, size: number): boolean =>
  !isEncoded && size > 0 && headers['content-range']?.startsWith(`bytes ${size}-`) === true

/** What If-Range takes: a strong ETag, or else the date. What came encoded has no ranges that fit. */
function versionOf({ headers, isEncoded }: HttpAnswer): string | undefined {
  if (isEncoded) return undefined
  const { etag } = headers
  return etag?.startsWith('"') ? etag : headers['last-modified']
}

async function append(job: Job, answer: HttpAnswer, begin: number): Promise<void> {
  const { file, part, deadline, onProgress } = job
  const totalBytes = await announcedBytes(job, answer, begin)
  // The old bytes go before the new version is noted: under it they would be resumed.
  const handle = await open(part.path, begin > 0 ? 'a' : 'w')
  try {
    await part.setVersion(versionOf(answer))
    let received = begin
    onProgress?.({ file, receivedBytes: received, totalBytes })
    for await (const chunk of answer.body) {
      await handle.writeFile(chunk)
      received += chunk.length
      deadline.received(chunk.length)
      if (received > job.maxBytes) throw await wrongSize(job, 'more bytes')
      onProgress?.({ file, receivedBytes: received, totalBytes })
    }
    // To disk before it takes its name: a power cut must not leave an empty file of that name.
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** The whole file's size as the server announces it. Throws a UserError where that is too large, or known to be wrong. */
async function announcedBytes(job: Job, { headers, isEncoded }: HttpAnswer, begin: number) {
  const length = headers['content-length']
  if (length === undefined || isEncoded) return undefined
  const total = begin + Number(length)
  if (total > job.maxBytes || (job.bytes ?? total) !== total) throw await wrongSize(job, `${total} bytes`)
  return total
}

async function wrongSize({ url, part, bytes, maxBytes }: Job, what: string): Promise<UserError> {
  await part.remove()
  if (bytes !== undefined) return wrongFile(url, `${what} came instead of ${bytes}`)
  return new UserError(`${shownUrl(url)}: too large: ${what}, where ${maxBytes} are the most`)
}

async function verify({ url, sha256, bytes, check, part, http }: Job): Promise<void> {
  try {
    const size = await part.size()
    if (bytes !== undefined && size !== bytes) throw wrongFile(url, `${size} bytes came instead of ${bytes}`)
    const actual = await sha256Of(part.path, http.signal)
    if (!actual.startsWith(sha256 ?? '')) throw wrongFile(url, `its SHA-256 is ${actual}, not ${sha256}`)
    await check?.(part.path, actual)
  } catch (error) {
    http.signal.throwIfAborted()
    if (!(await part.exists())) throw new PartTakenError()
    await part.remove()
    throw error
  }
}

/** A file's SHA-256 in hex. */
export async function sha256Of(file: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file, { signal, highWaterMark: 2 ** 20 })) hash.update(chunk)
  return hash.digest('hex')
}

function wrongFile(url: string, what: string): UserError {
  return new UserError(`${shownUrl(url)}: not the expected file: ${what}; it was removed`)
}
