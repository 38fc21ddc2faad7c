// Paths of results, which never lead out of the folder that they belong to: their parts may come from an archive or a job.

import { realpath, stat } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path'
import { UserError } from '../../errors.ts'
import { printable } from '../../printable.ts'
import { isDevice } from '../../weights/file_name.ts'

/**
 * Whether a path by its text alone names a file below a folder on every system: it is not absolute, has no drive, no `..` and no name
 * that Windows reserves, separates folders as this system does, and ends with a name.
 */
export function leadsInside(path: string): boolean {
  const parts = path.split(/[/\\]/)
  const isRelative = parts[0] !== '' && !parts.some(part => /^[a-z]:/i.test(part))
  const isSplit = sep === '\\' || !path.includes('\\')
  const hasName = !['', '.'].includes(parts.at(-1)!)
  return isRelative && isSplit && hasName && !parts.includes('..') && !parts.some(isDevice)
}

/** A symbolic link leads out of the folder, or a file is in the way. */
export class BadPlaceError extends UserError {}

/** A folder, and the option that names it, for messages. */
export interface Root {
  folder: string
  option: string
}

/**
 * The real path of a new file below a folder. Neither has to exist: what is missing keeps its name. A link with the file's own name
 * is not followed, since writing replaces it. Throws a BadPlaceError, or the error of the file system.
 */
export async function realTarget(root: Root, path: string): Promise<string> {
  const file = join(root.folder, path)
  const parent = await realFolder(dirname(file))
  if (parent === undefined)
    throw new BadPlaceError(`${printable(path)}: part of this path is a file, not a folder`)
  const target = join(parent, basename(file))
  await checkBelow(root, target, path)
  return target
}

/** Throws a BadPlaceError if a real path is not below a folder. `path`: its name in the message. */
export async function checkBelow({ folder, option }: Root, file: string, path: string): Promise<void> {
  const inside = relative((await realFolder(folder)) ?? folder, file)
  if (inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside))
    throw new BadPlaceError(`${printable(path)}: a symbolic link leads out of ${option}`)
}

/** With the names of what is missing after the real path of the nearest folder above; undefined if that is a file. */
async function realFolder(folder: string): Promise<string | undefined> {
  const found = await realpath(folder).catch(ignoreAbsent)
  if (found !== undefined) return (await stat(found)).isDirectory() ? found : undefined
  const above = await realFolder(dirname(folder))
  return above && join(above, basename(folder))
}

/** The identity of a file under all its names, by links or by case; undefined if there is no such file. Throws the file system's error. */
export async function fileIdentity(file: string): Promise<string | undefined> {
  const found = await stat(file, { bigint: true }).catch(ignoreAbsent)
  return found && `${found.dev}:${found.ino}`
}

function ignoreAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}
