// A downloaded file in the cache: verified each time it is opened, and downloaded again if it is damaged.

import { readFile, stat } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import * as v from 'valibot'
import { UserError } from '../../errors.ts'
import { parseJson } from '../../json.ts'
import { UnreachableError } from '../../library/downloads.ts'
import { writeFileAtomic } from '../files/atomic.ts'
import { fileError } from '../files/file_error.ts'
import { type Lock, type LockHolder, tryLock } from '../files/lock.ts'
import { type DownloadOptions, download, sha256Of } from './download.ts'
import { PartTakenError } from './download_part.ts'

/** How often a process checks whether another one has finished a download, in milliseconds. */
const POLL_MS = 200

/**
 * The state of a file when it was verified, in `FILE.verified.json`. Hashing a checkpoint takes several times as long as loading
 * it (233 MB: 1.1 s against 0.3 s). So a file that still has the recorded size and time counts as verified. Any write changes its
 * time.
 */
const verificationSchema = v.object({
  sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  bytes: v.number(),
  /** In milliseconds since 1970. */
  modified: v.number(),
})

type Verification = v.InferOutput<typeof verificationSchema>

/**
 * Makes sure that the file exists, whole and as downloaded. One process at a time downloads it; the others wait. A damaged file
 * keeps its name until a good one replaces it, because an absent file counts as never downloaded. Throws a UserError as
 * `download` does, or the reason of the signal.
 */
export async function ensureFile(options: DownloadOptions): Promise<void> {
  if ((await inspect(options)) === GOOD) return
  for (;;) {
    const lock = await waitForLock(options)
    try {
      const found = await inspect(options)
      if (found === GOOD) return
      if (found !== MISSING) options.onWarning?.(`${options.file}: damaged: ${found}; it is downloaded again`)
      return await downloadAndRecord(options, found)
    } catch (error) {
      // This process was suspended; another one has downloaded the file, or will.
      if (!(error instanceof PartTakenError)) throw error
    } finally {
      await lock.release()
    }
  }
}

const GOOD = 'good'
const MISSING = 'missing'

/** GOOD, MISSING, or what is wrong with the file. */
async function inspect(options: DownloadOptions): Promise<string> {
  const { file, sha256, check, signal } = options
  signal?.throwIfAborted()
  const now = await stampOf(file)
  if (!now) return MISSING
  const record = await readRecord(file)
  const isUntouched = record && record.bytes === now.bytes && record.modified === now.modified
  if (isUntouched && record.sha256.startsWith(sha256 ?? '')) return GOOD
  const actual = await sha256Of(file, signal).catch(error => {
    signal?.throwIfAborted()
    throw fileError(file, error)
  })
  const expected = sha256 ?? record?.sha256
  if (expected !== undefined && !actual.startsWith(expected))
    return `its SHA-256 is ${actual}, not ${expected}`
  try {
    // The file is from an older version of this package, without a record.
    if (expected === undefined) await check?.(file, actual)
  } catch (error) {
    if (error instanceof UserError) return error.message
    throw error
  }
  // Without a record, for example on a read-only disk, the file is hashed each time.
  await writeRecord(file, { ...now, sha256: actual }).catch(() => {})
  return GOOD
}

/** Size and time of a file; undefined if it does not exist. */
async function stampOf(file: string): Promise<Omit<Verification, 'sha256'> | undefined> {
  try {
    const { size: bytes, mtimeMs: modified } = await stat(file)
    return { bytes, modified }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw fileError(file, error)
  }
}

const recordOf = (file: string) => `${file}.verified.json`

/** Undefined if there is no record, or an invalid one. */
async function readRecord(file: string): Promise<Verification | undefined> {
  try {
    return parseJson(verificationSchema, await readFile(recordOf(file), 'utf8'), recordOf(file))
  } catch {
    return undefined
  }
}

const writeRecord = (file: string, record: Verification) =>
  writeFileAtomic(recordOf(file), `${JSON.stringify(record)}\n`)

async function downloadAndRecord(options: DownloadOptions, found: string): Promise<void> {
  const { file } = options
  try {
    await download({
      ...options,
      check: async (part, sha256) => {
        await options.check?.(part, sha256)
        // The record comes before the rename: if this process ends in between, no unverified file counts as verified.
        await writeRecord(file, { ...(await stampOf(part))!, sha256 })
      },
    })
  } catch (error) {
    if (found === MISSING || !(error instanceof UnreachableError)) throw error
    throw new UnreachableError(`${file}: was damaged, and cannot be downloaded again: ${error.message}`)
  }
}

/** Waits while another process has the lock. */
async function waitForLock({ file, signal, onWarning }: DownloadOptions): Promise<Lock> {
  let told: LockHolder | undefined
  for (;;) {
    const found = await tryLock(`${file}.lock`)
    if ('lock' in found) return found.lock
    if (!told && found.holder.pid !== process.pid)
      onWarning?.(`${file}: process ${found.holder.pid} is downloading it; waiting for it`)
    told = found.holder
    await setTimeout(POLL_MS, undefined, { signal }).catch(() => signal?.throwIfAborted())
  }
}
