import { open, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileError } from './file_error.ts'
import { makeFolder } from './make_folder.ts'
import { sweepOnce, temporaryPath } from './temporary.ts'

/** The content of a file; chunks may arrive over time, as from a download. */
export type FileContent = string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>

/**
 * Writes a file whole or not at all: into a temporary file next to it, synced, then renamed. Missing folders are created. If
 * writing fails, the temporary file is removed and an existing file stays unchanged. If the process is killed, its temporary file
 * remains until a later process writes to the folder.
 *
 * Throws a UserError if the file system refuses. Errors of a chunk source pass through.
 */
export async function writeFileAtomic(file: string, content: FileContent): Promise<void> {
  const folder = dirname(file)
  const temporary = temporaryPath(folder)
  try {
    await makeFolder(folder)
    await sweepOnce(folder)
    await writeToDisk(temporary, content)
    await rename(temporary, file)
    await syncFolder(folder)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {}) // the first error is the one to report
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

/** Syncs a folder's entries, so that a power cut cannot undo a rename. Windows and some file systems do not support this. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined)
  try {
    await handle?.sync().catch(() => {})
  } finally {
    await handle?.close()
  }
}
