// Files of a folder that belong together, such as weights and their config. They are written and read as one: a reader gets all
// old files or all new files, even if the writing process is killed.
//
// New files are written to a temporary folder. If the target folder does not exist yet, the temporary folder gets its name.
// Otherwise the temporary folder is renamed to `.saved` within it. From this rename on, the new files are valid. Then they are
// moved over the old ones, one by one. Until all are moved, a file in `.saved` takes precedence over the file of the same name
// outside.

import { readdir, rename, rm, rmdir, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { UserError } from '../../errors.ts'
import { type FileContent, syncFolder, writeToDisk } from './atomic.ts'
import { fileError } from './file_error.ts'
import { makeFolder } from './make_folder.ts'
import { sweepOnce, temporaryPath } from './temporary.ts'

const SAVED = '.saved'

/**
 * Writes files, by name, to a folder; other files there stay. Missing folders are created. Throws a UserError if the file system
 * refuses: the old files are then whole, and nothing else is left.
 */
export async function writeFileSet(folder: string, files: ReadonlyMap<string, FileContent>): Promise<void> {
  const path = resolve(folder)
  try {
    const isNew = !(await exists(path))
    const temporary = temporaryPath(isNew ? dirname(path) : path)
    try {
      await makeFolder(temporary)
      await sweepOnce(dirname(temporary))
      for (const [name, content] of files) await writeMember({ temporary, folder, name, content })
      await syncFolder(temporary)
      if (isNew && (await renamed(temporary, path))) return
      await commit(temporary, path)
    } catch (error) {
      await rm(temporary, { recursive: true, force: true }).catch(() => {}) // the first error is the one to report
      throw error
    }
    await settle(path)
  } catch (error) {
    throw fileError(folder, error)
  }
}

interface ReadOptions<T> {
  /** Reads the files. `pathOf` gives the current path of a file by its name. */
  read(pathOf: (name: string) => string): Promise<T>
  /** Frees the result of a `read` whose files changed meanwhile. */
  discard?(found: T): Promise<void>
}

/**
 * Reads files of a folder, by `names`, that belong together. Reads them again if another process replaces them meanwhile. Errors
 * of `read` pass through.
 */
export async function readFileSet<T>(
  folder: string,
  names: readonly string[],
  { read, discard }: ReadOptions<T>,
): Promise<T> {
  // Finishes what a killed process left. A read-only folder stays as it is.
  await settle(folder).catch(() => {})
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const before = await locate(folder, names)
    const attempt = await settled(read(name => before.get(name)?.path ?? join(folder, name)))
    if (sameFiles(before, await locate(folder, names))) {
      if ('error' in attempt) throw attempt.error
      return attempt.found
    }
    if ('found' in attempt) await discard?.(attempt.found)
  }
  throw new UserError(`${folder}: another process is writing to this folder; try again later`)
}

const MAX_TRIES = 100

/** The names of a folder's files; none if the folder does not exist. */
export async function listFileSet(folder: string): Promise<string[]> {
  const lists = [folder, join(folder, SAVED)].map(path => readdir(path).catch((): string[] => []))
  return [...new Set((await Promise.all(lists)).flat())]
}

interface Member {
  temporary: string
  /** The folder as the caller named it, for messages. */
  folder: string
  name: string
  content: FileContent
}

async function writeMember({ temporary, folder, name, content }: Member): Promise<void> {
  const target = join(folder, name)
  try {
    const old = await stat(target).catch(() => undefined)
    if (old?.isDirectory()) throw new UserError(`${target}: is a folder, not a file`)
    await writeToDisk(join(temporary, name), content)
  } catch (error) {
    throw fileError(target, error)
  }
}

/** False if another process has created the folder meanwhile. */
async function renamed(temporary: string, folder: string): Promise<boolean> {
  try {
    await rename(temporary, folder)
  } catch (error) {
    if (isTaken(error)) return false
    throw error
  }
  await syncFolder(dirname(folder))
  return true
}

/** Makes the new files valid. Files that another save has committed are moved first. */
async function commit(temporary: string, folder: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    await settle(folder)
    try {
      await rename(temporary, join(folder, SAVED))
      return await syncFolder(folder)
    } catch (error) {
      if (!isTaken(error) || tries === MAX_TRIES) throw error
    }
  }
}

/**
 * Moves committed files over the old ones. Several processes may do so at once: it does not matter which of them moves a file.
 */
async function settle(folder: string): Promise<void> {
  const saved = join(folder, SAVED)
  const names = await readdir(saved).catch(ignoreAbsent)
  if (!names) return
  for (const name of names) await rename(join(saved, name), join(folder, name)).catch(ignoreAbsent)
  await syncFolder(folder)
  await rmdir(saved).catch(error => {
    if (!isTaken(error)) ignoreAbsent(error) // another process has committed files meanwhile
  })
}

interface Located {
  path: string
  /** Changes when the file is replaced. */
  version: string
}

async function locate(folder: string, names: readonly string[]): Promise<Map<string, Located>> {
  const found = new Map<string, Located>()
  for (const name of names) {
    // In this order: if a file is no longer in `.saved`, it has been moved, so the one outside is new.
    const file = (await fileAt(join(folder, SAVED, name))) ?? (await fileAt(join(folder, name)))
    if (file) found.set(name, file)
  }
  return found
}

async function fileAt(path: string): Promise<Located | undefined> {
  const file = await stat(path, { bigint: true }).catch(() => undefined)
  return file && { path, version: [file.dev, file.ino, file.mtimeNs, file.size].join() }
}

const sameFiles = (a: ReadonlyMap<string, Located>, b: ReadonlyMap<string, Located>) =>
  a.size === b.size &&
  [...a].every(([name, { path, version }]) => {
    const other = b.get(name)
    return other?.path === path && other.version === version
  })

async function settled<T>(promise: Promise<T>): Promise<{ found: T } | { error: unknown }> {
  try {
    return { found: await promise }
  } catch (error) {
    return { error }
  }
}

const exists = async (path: string): Promise<boolean> => Boolean(await stat(path).catch(() => undefined))

/** Whether a rename failed because the target exists; Windows reports EPERM. */
const isTaken = (error: unknown): boolean =>
  ['ENOTEMPTY', 'EEXIST', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')

function ignoreAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}
