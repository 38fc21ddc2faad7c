import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { UserError } from '../../errors.ts'
import { printablePath } from '../../printable.ts'

/**
 * Creates a folder and those above it, as `mkdir` with `recursive` does, which never ends where the system lets nobody create one, as
 * in /proc. Returns the first folder that it created, if any. Throws a UserError there, else the error of the file system.
 */
export async function makeFolder(folder: string): Promise<string | undefined> {
  const isThere = async () => (await stat(folder).catch(() => undefined))?.isDirectory() === true
  if (await isThere()) return undefined
  const parent = dirname(folder)
  const made = parent === folder ? undefined : await makeFolder(parent)
  try {
    await mkdir(folder)
    return made ?? folder
  } catch (error) {
    if (await isThere()) return made // another process has created it meanwhile
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') throw Object.assign(error as Error, { code: 'ENOTDIR' }) // it is a file
    if (code !== 'ENOENT') throw error
    throw new UserError(`${printablePath(folder)}: no folder can be created in ${printablePath(parent)}`)
  }
}
