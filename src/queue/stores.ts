// Where jobs read photos and write results: a store for each kind of place, chosen by how the place begins: s3://, http:// or https://, else a
// path.

import { realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { UserError } from '../errors.ts'
import { HttpError } from '../library/downloads.ts'
import { fetchBytes, TooLargeError } from '../node/downloads/fetch_bytes.ts'
import { mayPass } from '../node/downloads/http_errors.ts'
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
import { printable, printablePath } from '../printable.ts'
import { BadJobError, type Store } from './job.ts'
import { openS3Store } from './s3_store.ts'

interface StoresOptions {
  /** The folder below which jobs may read and write files. Without it no job may. */
  root?: string
  /** Whether jobs may read from http: and https: URLs. These may be of servers that only this machine reaches. */
  http?: boolean
}

/** All places of jobs as one store. Throws a UserError if the root folder is not there. */
export async function openStores({ root, http }: StoresOptions): Promise<Store & { close(): void }> {
  const files = root === undefined ? undefined : await openFileStore(root)
  const s3 = openS3Store()
  const storeOf = (place: string): Store => {
    const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(place)?.[1].toLowerCase()
    if (scheme === 's3') return s3
    if (scheme === 'http' || scheme === 'https') {
      if (http) return httpStore
      throw new BadJobError('input: this worker does not read URLs; --http allows it')
    }
    if (scheme !== undefined)
      throw new BadJobError(`${printable(scheme)}: expected a path, or an s3:, http: or https: URL`)
    if (files) return files
    throw new BadJobError('input and output: this worker takes no files; --root names the folder of files')
  }
  return {
    read: async (place, signal) => storeOf(place).read(place, signal),
    write: async (place, bytes, signal) => storeOf(place).write(place, bytes, signal),
    identity: async place => storeOf(place).identity(place),
    close: () => s3.close(),
  }
}

const SECONDS = 60

const httpStore: Store = {
  async read(place, signal) {
    if (!URL.canParse(place)) throw new BadJobError('input: this is not a URL')
    try {
      return await fetchBytes(new URL(place), { maxBytes: MAX_PHOTO_BYTES, seconds: SECONDS, signal })
    } catch (error) {
      const isLasting = error instanceof TooLargeError || (error instanceof HttpError && !mayPass(error))
      throw isLasting ? new BadJobError(error.message) : error
    }
  },
  async write() {
    throw new BadJobError('output: results are written to files or to s3://bucket/key')
  },
  identity: async place => place,
}

/** Errors of a path that stay when the job is tried again. Others, such as a full disk, may pass. */
const LASTING = ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG', 'ERR_INVALID_ARG_VALUE']

/** Files below a folder. Throws a UserError if there is no such folder. */
async function openFileStore(root: string): Promise<Store> {
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
