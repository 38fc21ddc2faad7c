import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { UserError } from '../../errors.ts'
import { type DownloadProgress, HttpError, shownUrl, UnreachableError } from '../../library/downloads.ts'
import { fileError } from '../files/file_error.ts'
import { makeFolder } from '../files/make_folder.ts'
import { openPart, type Part, PartTakenError } from './download_part.ts'
import { ask, type HttpAnswer, type HttpRequest, type HttpTimeouts } from './http.ts'
import { asNetworkError, mayPass } from './http_errors.ts'

export interface DownloadOptions {
  url: string
  /** The final path. During the download the data is in `FILE.ID.part` next to it. */
  file: string
  /** The expected SHA-256 in hex, or its first digits. */
  sha256?: string
  /** The expected size. */
  bytes?: number
  /** The largest size allowed if the exact one is unknown. Default: the largest file that Node can read. */
  maxBytes?: number
  /** A header for the URL's own origin only: no redirect to another origin gets it. Default: the credentials in the URL. */
  authorization?: string
  /** Checks the finished file by its temporary path and its SHA-256. Throws a UserError if it is wrong. */
  check?: (part: string, sha256: string) => Promise<void>
  onProgress?: (progress: DownloadProgress) => void
  /** Called with a warning of one line, such as that nothing verifies the bytes. */
  onWarning?: (message: string) => void
  /** Ends the download with the signal's reason. The bytes received so far are kept, and a new call resumes it. */
  signal?: AbortSignal
  limits?: Partial<DownloadLimits>
}

/** The time for a transfer: `totalMs` milliseconds, and one more second for every `bytesPerSecond` bytes that arrive. */
interface TimeLimit {
  totalMs: number
  bytesPerSecond: number
}

interface DownloadLimits extends HttpTimeouts, TimeLimit {
  /** The waits before the second attempt, the third, and so on, in milliseconds. */
  backoffMs: readonly number[]
}

/**
 * A server that sends nothing ends a download after five tries, which take less than three minutes. The three minutes are also the
 * slack of a slow one.
 */
export const DOWNLOAD_LIMITS: DownloadLimits = {
  connectMs: 10_000,
  answerMs: 30_000,
  stallMs: 30_000,
  totalMs: 180_000,
  bytesPerSecond: 4096,
  backoffMs: [250, 1000, 3000, 6000],
}

/** The largest file that Node reads at once. */
const MAX_BYTES = 2 ** 31 - 1

/** A download and its state. */
interface Job extends DownloadOptions {
  part: Part
  maxBytes: number
  limits: DownloadLimits
  http: HttpRequest
  deadline: Deadline
}

/**
 * Downloads a file whole or not at all. This call or a later one resumes what a broken connection left. A finished file is
 * verified before it gets its name, and removed if it is wrong. The caller makes sure that one process at a time downloads to
 * `file`. If a process was suspended and another one took over, it gets a PartTakenError. Throws a UserError for any error of the
 * network, the disk or the file.
 */
export async function download(options: DownloadOptions): Promise<void> {
  const { url, file, bytes, maxBytes = bytes ?? MAX_BYTES, authorization } = options
  const limits = { ...DOWNLOAD_LIMITS, ...options.limits }
  const deadline = startDeadline(limits, () => new UnreachableError(tooSlow(url)))
  const signal = options.signal ? AbortSignal.any([options.signal, deadline.signal]) : deadline.signal
  try {
    await makeFolder(dirname(file))
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
      `${shownUrl(job.url)}: came over plain http: neither TLS nor a known hash verifies the file`,
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
  await sleep(milliseconds, undefined, { signal }).catch(() => signal.throwIfAborted())
}

/** The server does not have the range, or sends another one: the part is removed, and the next attempt fetches everything. */
class StartOver extends HttpError {}

/** Fetches the missing bytes of the part. If the server has another version or cannot send ranges, fetches the whole file. */
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

/** No range is requested without a version or a hash: the rest of another version would go unnoticed. */
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

/** The value for If-Range: a strong ETag, else the date. An encoded body has no usable ranges. */
function versionOf({ headers, isEncoded }: HttpAnswer): string | undefined {
  if (isEncoded) return undefined
  const { etag } = headers
  return etag?.startsWith('"') ? etag : headers['last-modified']
}

async function append(job: Job, answer: HttpAnswer, begin: number): Promise<void> {
  const { file, part, deadline, onProgress } = job
  const totalBytes = await announcedBytes(job, answer, begin)
  // The old bytes are removed before the new version is recorded: otherwise they would be resumed under it.
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
    // Synced before the rename: a power cut must not leave an empty file of the final name.
    await handle.sync()
  } catch (error) {
    if (error instanceof UserError) await part.remove() // the bytes are of no use, as those of a wrong size
    throw error
  } finally {
    await handle.close()
  }
}

/** The size of the whole file according to the server. Throws a UserError if it is too large, or not the expected one. */
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
  return new UserError(`${shownUrl(url)}: too large: ${what}, over the limit of ${maxBytes}`)
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

interface Deadline {
  signal: AbortSignal
  /** Reports that so many more bytes arrived. */
  received(bytes: number): void
  stop(): void
}

/** The signal aborts with the reason that `reason` gives when the time is over. */
function startDeadline({ totalMs, bytesPerSecond }: TimeLimit, reason: () => Error): Deadline {
  const controller = new AbortController()
  const begin = performance.now()
  let bytes = 0
  let timer: NodeJS.Timeout
  const check = () => {
    const left = begin + totalMs + (1000 * bytes) / bytesPerSecond - performance.now()
    if (left > 0) timer = setTimeout(check, left)
    else controller.abort(reason())
  }
  check()
  return {
    signal: controller.signal,
    received(more) {
      bytes += more
    },
    stop: () => clearTimeout(timer),
  }
}
