// Reads whole files.

import type { Stats } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { UserError } from '../../errors.ts'
import { printablePath } from '../../printable.ts'
import { fileError } from './file_error.ts'

/** Node reads at most this many bytes at once. */
const MOST_BYTES = 2 ** 31 - 1

interface ReadOptions {
  /** The largest allowed size in bytes. Default and maximum: 2³¹ − 1. */
  limit?: number
  /** How many bytes to read from the beginning. Default: all. */
  first?: number
  /** Advice that a message about a pipe, a device or a socket adds. */
  advice?: string
}

/**
 * The bytes of a regular file. Pipes, devices and sockets are refused before they are opened: reading them could take for ever.
 * Throws a UserError for these, for a folder, and for a file that is missing, larger than the limit, or unreadable.
 */
export async function readRegularFile(
  file: string,
  { limit = MOST_BYTES, first = Infinity, advice }: ReadOptions = {},
): Promise<Uint8Array> {
  const name = printablePath(file)
  try {
    const found = await stat(file)
    const kind = kindOf(found)
    if (kind === 'a folder') throw new UserError(`${name}: is a folder, not a file`)
    if (kind !== undefined)
      throw new UserError(`${name}: is ${kind}, not a file${advice ? `; ${advice}` : ''}`)
    if (Math.min(found.size, first) > limit)
      throw new UserError(`${name}: the file has ${found.size} bytes, over the limit of ${limit}`)
    return await readBytes(file, Math.min(found.size, first))
  } catch (error) {
    throw fileError(file, error)
  }
}

/** The kind of file at the path; undefined for a regular file. */
function kindOf(found: Stats): string | undefined {
  if (found.isFile()) return undefined
  if (found.isDirectory()) return 'a folder'
  if (found.isFIFO()) return 'a pipe'
  return found.isSocket() ? 'a socket' : 'a device'
}

/** At most `size` bytes, even if the file grows meanwhile. */
async function readBytes(file: string, size: number): Promise<Uint8Array> {
  const handle = await open(file)
  try {
    const bytes = Buffer.allocUnsafeSlow(size)
    let length = 0
    while (length < size) {
      const { bytesRead } = await handle.read(bytes, length, size - length)
      if (bytesRead === 0) break
      length += bytesRead
    }
    return bytes.subarray(0, length)
  } finally {
    await handle.close()
  }
}
