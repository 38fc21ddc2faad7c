// Temporary files and folders. Their names say which process writes them: what a killed process left behind is removed later.

import { randomUUID } from 'node:crypto'
import { readdir, rm, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { isAlive, machineId } from './processes.ts'

/** Where it is unknown whether the writer lives, because it is on another machine, its file counts as abandoned after a day. */
const ABANDONED_MS = 24 * 3600 * 1000

const NAME = /^\.atrous\.([0-9a-f]{8})-(\d+)-[0-9a-f-]{36}\.tmp$/

/** A new path in a folder. It does not contain the name of the final file, which may be as long as the system allows. */
export function temporaryPath(folder: string): string {
  return join(folder, `.atrous.${machineId()}-${process.pid}-${randomUUID()}.tmp`)
}

/** Removes the temporary files and folders in a folder whose writers are gone. What cannot be removed stays. */
export async function sweep(folder: string): Promise<void> {
  const names = await readdir(folder).catch((): string[] => [])
  for (const name of names) {
    const path = join(folder, name)
    if (await isAbandoned(name, path)) await rm(path, { recursive: true, force: true }).catch(() => {})
  }
}

const swept = new Set<string>()

/** So many folders are remembered. */
const REMEMBERED = 1000

/** Does so before this process writes to a folder for the first time. A look into a large folder for each file would be slow. */
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
