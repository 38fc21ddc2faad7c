// A lock file: only one process at a time works on the resource that it protects.

import { randomUUID } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { open, readFile, rename, rm, stat, utimes } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import { fileError } from './file_error.ts'
import { makeFolder } from './make_folder.ts'
import { isAlive } from './processes.ts'

/** The process that holds a lock. */
export interface LockHolder {
  pid: number
  host: string
}

export interface Lock {
  /** Whether this holder still has the lock: a process that was suspended for a minute may have lost it. */
  isHeld(): Promise<boolean>
  release(): Promise<void>
}

/** How often the holder updates the file's time, in milliseconds. */
const HEARTBEAT_MS = 5_000

/** A lock file older than this belongs to a process that crashed or to a machine that is gone. */
const STALE_MS = 60_000

/** The tokens of the locks that this process holds, by path. */
const held = new Map<string, string>()

/**
 * Takes the lock, or returns its holder if another process (or another caller in this one) has it. A lock left by a crash is
 * ignored: its process is gone, or, on another machine, has not updated the file for a minute. The lock is released when this
 * process ends. Missing folders are created. Throws a UserError if the file system refuses.
 */
export async function tryLock(file: string): Promise<{ lock: Lock } | { holder: LockHolder }> {
  for (;;) {
    const lock = await create(file)
    if (lock) return { lock }
    const found = await read(file)
    if (found && !isStale(file, found)) return { holder: found.holder }
    if (found) await removeStale(file, found)
  }
}

interface Found {
  holder: LockHolder
  /** Distinguishes this lock from a later one of the same path. */
  token: string
  /** When its holder last updated it, in milliseconds. */
  refreshed: number
}

/** Undefined if the file exists already. */
async function create(file: string): Promise<Lock | undefined> {
  const token = randomUUID()
  try {
    await makeFolder(dirname(file))
    const handle = await open(file, 'wx')
    try {
      await handle.writeFile(JSON.stringify({ pid: process.pid, host: hostname(), token }))
    } catch (error) {
      await rm(file, { force: true }) // on a full disk: an empty lock would block for a minute
      throw error
    } finally {
      await handle.close()
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined
    throw fileError(file, error)
  }
  held.set(file, token)
  const heartbeat = setInterval(() => {
    const now = new Date()
    utimes(file, now, now).catch(() => {}) // a removed lock must not end the protected work
  }, HEARTBEAT_MS)
  heartbeat.unref()
  const releaseAtExit = () => {
    try {
      if (parse(readFileSync(file, 'utf8')).token === token) rmSync(file)
    } catch {} // the folder may be gone, and the process is ending
  }
  process.once('exit', releaseAtExit)
  return {
    async isHeld() {
      return held.get(file) === token && (await read(file))?.token === token
    },
    async release() {
      clearInterval(heartbeat)
      process.off('exit', releaseAtExit)
      if (held.get(file) !== token) return
      held.delete(file)
      if ((await read(file))?.token === token) await rm(file, { force: true })
    },
  }
}

/** Undefined if the file is gone. */
async function read(file: string): Promise<Found | undefined> {
  try {
    const [text, { mtimeMs: refreshed }] = [await readFile(file, 'utf8'), await stat(file)]
    return { ...parse(text), refreshed }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw fileError(file, error)
  }
}

/** An unreadable file is being written, or was cut short by a crash: its age decides. */
function parse(text: string): Omit<Found, 'refreshed'> {
  try {
    const { pid, host, token } = JSON.parse(text)
    if (Number.isInteger(pid) && typeof host === 'string' && typeof token === 'string')
      return { holder: { pid, host }, token }
  } catch {}
  return { holder: { pid: 0, host: '' }, token: text }
}

function isStale(file: string, { holder, token, refreshed }: Found): boolean {
  if (Date.now() - refreshed > STALE_MS) return true
  if (holder.host !== hostname()) return false
  // A restarted container may have the same process number as before.
  if (holder.pid === process.pid) return held.get(file) !== token
  return !isAlive(holder.pid)
}

/** Two processes may find the same stale lock: the slower one must not remove what the faster one put in its place. */
async function removeStale(file: string, stale: Found): Promise<void> {
  const aside = `${file}.${randomUUID()}.stale`
  try {
    await rename(file, aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw fileError(file, error)
  }
  const isOther = (await read(aside))?.token !== stale.token
  if (isOther) await rename(aside, file)
  else await rm(aside, { force: true })
}
