import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileError } from './file_error.ts'
import { sweepOnce, temporaryPath } from './temporary.ts'

/** What a file can be written from; chunks may come late, as from a download. */
export type FileContent = string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>

/**
 * Writes a file whole or not at all: into a temporary file beside it, to disk, then renamed over it. Missing folders are made.
 * Where writing fails, the temporary file is removed and a file that was there before stays as it was. A process that is killed
 * leaves its temporary file behind: a later process that writes to the folder removes it.
 *
 * Throws a UserError where the file system refuses; what a chunk source throws passes through.
 */
export async function writeFileAtomic(file: string, content: FileContent): Promise<void> {
  const folder = dirname(file)
  const temporary = temporaryPath(folder)
  try {
    await mkdir(folder, { recursive: true })
    await sweepOnce(folder)
    await writeToDisk(temporary, content)
    await rename(temporary, file)
    await syncFolder(folder)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {}) // the first error is the one to tell
    throw fileError(file, error)
  }
}

/** Writes a new file and syncs it, so that a power cut after a rename cannot leave an empty file. */
export async function writeToDisk(file: string, content: FileContent): Promise<void> {
  const handle = await open(file, 'wx')
  try {
    await writeFile(handle, content)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Writes a folder's names to disk, so that a power cut cannot undo a rename. Windows and some file systems have no such call. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined)
  try {
    await handle?.sync().catch(() => {})
  } finally {
    await handle?.close()
  }
}
