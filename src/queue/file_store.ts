// Inputs and outputs of jobs as files. A job comes from whoever may write to Redis, so no path leads out of the root folder.

import { realpath, stat } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path'
import { UserError } from '../errors.ts'
import { writeFileAtomic } from '../node/files/atomic.ts'
import { fileError } from '../node/files/file_error.ts'
import { readRegularFile } from '../node/files/read_file.ts'
import { MAX_PHOTO_BYTES } from '../node/images/image_source.ts'
import { printablePath } from '../printable.ts'
import { BadJobError } from './job.ts'
import type { Store } from './store.ts'

/** Errors of a path that stay when the job is tried again. Others, such as a full disk, may pass. */
const LASTING = ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG', 'ERR_INVALID_ARG_VALUE']

/** Files below a folder. Throws a UserError if there is no such folder. */
export async function openFileStore(root: string): Promise<Store> {
  const folder = await realFolder(root)
  return {
    async read(path) {
      const file = await existing(folder, path)
      await checkFile(file, path)
      return readRegularFile(file)
    },
    async write(path, bytes) {
      await writeFileAtomic(await target(folder, path), bytes)
    },
  }
}

async function realFolder(root: string): Promise<string> {
  try {
    const folder = await realpath(root)
    if (!(await stat(folder)).isDirectory()) throw new UserError(`${printablePath(root)}: is not a folder`)
    return folder
  } catch (error) {
    throw fileError(root, error)
  }
}

/** The file that a job's path leads to, after all symbolic links. */
async function existing(folder: string, path: string): Promise<string> {
  const file = await orBadJob(path, () => realpath(below(folder, path)))
  checkBelow(folder, file, path)
  return file
}

/**
 * The path of a result, whose folders may not exist yet. Those that exist are in the root folder after all symbolic links. A link
 * with the result's own name is replaced and not followed.
 */
async function target(folder: string, path: string): Promise<string> {
  const file = below(folder, path)
  const missing = [basename(file)]
  for (let parent = dirname(file); ; parent = dirname(parent)) {
    const found = await realpath(parent).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw badJobOr(path, error)
    })
    if (found !== undefined) {
      checkBelow(folder, found, path)
      await checkFolder(found, path)
      return join(found, ...missing)
    }
    missing.unshift(basename(parent))
  }
}

/** Refuses absolute paths and `..` by their text, also where the path exists nowhere. */
function below(folder: string, path: string): string {
  const parts = path.split(/[/\\]/)
  if (isAbsolute(path) || parts.includes('..'))
    throw new BadJobError(`${printablePath(path)}: expected a path below --root, without ..`)
  return join(folder, path)
}

function checkBelow(folder: string, file: string, path: string): void {
  const inside = relative(folder, file)
  if (inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside))
    throw new BadJobError(`${printablePath(path)}: a symbolic link leads out of --root`)
}

async function checkFolder(folder: string, path: string): Promise<void> {
  if (!(await stat(folder)).isDirectory())
    throw new BadJobError(`${printablePath(path)}: part of this path is a file, not a folder`)
}

/** Refuses folders, pipes and devices, and files that are too large to be photos. */
async function checkFile(file: string, path: string): Promise<void> {
  const found = await orBadJob(path, () => stat(file))
  if (!found.isFile()) throw new BadJobError(`${printablePath(path)}: is not a file`)
  if (found.size > MAX_PHOTO_BYTES)
    throw new BadJobError(
      `${printablePath(path)}: the file has ${found.size} bytes, over the limit of ${MAX_PHOTO_BYTES}`,
    )
}

async function orBadJob<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw badJobOr(path, error)
  }
}

function badJobOr(path: string, error: unknown): unknown {
  const isLasting = LASTING.includes((error as NodeJS.ErrnoException).code ?? '')
  const shown = fileError(path, error)
  return isLasting && shown instanceof UserError ? new BadJobError(shown.message) : shown
}
