import { randomUUID } from 'node:crypto'
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileError } from './file_error.ts'

/** What a file can be written from; chunks may come late, as from a download. */
export type FileContent = string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>

/**
 * Writes a file whole or not at all: into a temporary file beside it, to disk, then renamed over it. Missing folders are made.
 * Where writing fails, the temporary file is removed and a file that was there before stays as it was.
 *
 * Throws a UserError where the file system refuses; what a chunk source throws passes through.
 */
export async function writeFileAtomic(file: string, content: FileContent): Promise<void> {
  const temporary = `${file}.${randomUUID()}.tmp`
  try {
    await mkdir(dirname(file), { recursive: true })
    await writeToDisk(temporary, content)
    await rename(temporary, file)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {}) // the first error is the one to tell
    throw fileError(file, error)
  }
}

/** Writes and syncs, so that a power cut after the rename cannot leave an empty file. */
async function writeToDisk(file: string, content: FileContent): Promise<void> {
  const handle = await open(file, 'wx')
  try {
    await writeFile(handle, content)
    await handle.sync()
  } finally {
    await handle.close()
  }
}
