// Inputs and outputs of jobs as files. A job comes from whoever may write to Redis, so no path leads out of the root folder.

import { realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { UserError } from '../errors.ts'
import { writeFileAtomic } from '../node/files/atomic.ts'
import { fileError } from '../node/files/file_error.ts'
import {
  BadPlaceError,
  checkBelow,
  fileIdentity,
  leadsInside,
  type Root,
  realTarget,
} from '../node/files/inside.ts'
import { readRegularFile } from '../node/files/read_file.ts'
import { MAX_PHOTO_BYTES } from '../node/images/image_source.ts'
import { printablePath } from '../printable.ts'
import { BadJobError } from './job.ts'
import type { Store } from './store.ts'

/** Errors of a path that stay when the job is tried again. Others, such as a full disk, may pass. */
const LASTING = ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG', 'ERR_INVALID_ARG_VALUE']

/** Files below a folder. Throws a UserError if there is no such folder. */
export async function openFileStore(root: string): Promise<Store> {
  const place = { folder: await realFolder(root), option: '--root' }
  return {
    read: path =>
      orBadJob(path, async () => {
        const file = await existing(place, path)
        await checkFile(file, path)
        return readRegularFile(file)
      }),
    write: (path, bytes) => orBadJob(path, async () => writeFileAtomic(await target(place, path), bytes)),
    identity: path => orBadJob(path, async () => fileIdentity(await target(place, path))),
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
async function existing(root: Root, path: string): Promise<string> {
  const file = await realpath(below(root, path))
  await checkBelow(root, file, path)
  return file
}

/** The path of a result, whose folders may not exist yet. */
async function target(root: Root, path: string): Promise<string> {
  below(root, path)
  return realTarget(root, path)
}

/** Refuses a path by its text, also where it exists nowhere. */
function below({ folder, option }: Root, path: string): string {
  if (!leadsInside(path))
    throw new BadJobError(
      `${printablePath(path)}: expected a path below ${option}, without .. and names that Windows reserves`,
    )
  return join(folder, path)
}

/** Refuses folders, pipes and devices, and files that are too large to be photos. */
async function checkFile(file: string, path: string): Promise<void> {
  const found = await stat(file)
  if (!found.isFile()) throw new BadJobError(`${printablePath(path)}: is not a file`)
  if (found.size > MAX_PHOTO_BYTES)
    throw new BadJobError(
      `${printablePath(path)}: the file has ${found.size} bytes, over the limit of ${MAX_PHOTO_BYTES}`,
    )
}

/** Errors name the job's own path: where the root folder lies is no business of who adds jobs. */
async function orBadJob<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof BadPlaceError) throw new BadJobError(error.message)
    const cause = error instanceof UserError && error.cause ? error.cause : error
    const shown = fileError(path, cause)
    const isLasting = LASTING.includes((cause as NodeJS.ErrnoException).code ?? '')
    throw isLasting && shown instanceof UserError ? new BadJobError(shown.message) : shown
  }
}
