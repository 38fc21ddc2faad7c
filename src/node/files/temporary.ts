// Temporary files and folders. Their names identify the process that writes them, so that those of killed processes can be
// removed.

import { randomUUID } from 'node:crypto'
import { readdir, rm, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { isAlive, machineId } from './processes.ts'

/** The age at which a file counts as abandoned if its writer is on another machine, where it may still run: a day. */
const ABANDONED_MS = 24 * 3600 * 1000

const NAME = /^\.atrous\.([0-9a-f]{8})-(\d+)-[0-9a-f-]{36}\.tmp$/

/** A new path in a folder. It does not contain the name of the final file, which may have the maximum length. */
export function temporaryPath(folder: string): string {
  return join(folder, `.atrous.${machineId()}-${process.pid}-${randomUUID()}.tmp`)
}

/** Removes temporary files and folders of writers that are gone. Files that cannot be removed stay. */
export async function sweep(folder: string): Promise<void> {
  const names = await readdir(folder).catch((): string[] => [])
  for (const name of names) {
    const path = join(folder, name)
    if (await isAbandoned(name, path)) await rm(path, { recursive: true, force: true }).catch(() => {})
  }
}

const swept = new Set<string>()

/** How many folders are remembered. */
const REMEMBERED = 1000

/** Calls `sweep` once per folder, before this process first writes to it. Listing a large folder for each file would be slow. */
export async function sweepOnce(folder: string): Promise<void> {
  const path = resolve(folder)
  if (swept.has(path)) return
  if (swept.size >= REMEMBERED) swept.clear()
  swept.add(path)
  await sweep(path)
}

async function isAbandoned(name: string, path: string): Promise<boolean> {
  const [, machine, pid] = NAME.exec(name) ?? []
  if (machine === undefined) return false
  if (machine === machineId() && !isAlive(Number(pid))) return true
  const found = await stat(path).catch(() => undefined)
  return found !== undefined && Date.now() - found.mtimeMs > ABANDONED_MS
}
