// Checks and names for output files.

import { access, constants, lstat, opendir, stat } from 'node:fs/promises'
import { dirname, parse, posix, resolve } from 'node:path'
import { UserError } from '../errors.ts'
import { fileError } from '../node/files/file_error.ts'

/** Throws a UserError if a folder, which may not exist yet, is not writable. Creates nothing. */
export async function checkWritable(folder: string): Promise<void> {
  try {
    const existing = await nearestExisting(resolve(folder))
    await opendir(existing).then(opened => opened.close()) // throws if it is a file
    await access(existing, constants.W_OK)
  } catch (error) {
    throw fileError(folder, error)
  }
}

/** Whether a file, a folder or a link exists. Throws a UserError if the file system cannot tell. */
export async function exists(path: string): Promise<boolean> {
  try {
    return Boolean(await lstat(path))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return false
    throw fileError(path, error)
  }
}

/** Throws a UserError that ends with the advice if one of the files exists: no file is replaced without permission. */
export async function refuseExisting(files: readonly string[], advice: string): Promise<void> {
  for (const file of files) if (await exists(file)) throw new UserError(`${file} exists: ${advice}`)
}

/** The path itself if it exists, else the closest existing folder above it. */
async function nearestExisting(path: string): Promise<string> {
  const exists = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  return exists ? path : nearestExisting(dirname(path))
}

/**
 * Names the results of inputs. No two have one name, even if only the case differs: many file systems ignore case. Equal names get
 * numbers: `photo`, `photo-2`. A very long name is cut.
 */
export interface ResultNamer {
  /** The path of a photo's results without extension: `photo` for `photos/photo.jpg`, in a folder if there is one. */
  photo(input: string, folder?: string): string
  /** A folder for the results of an archive's photos alone: `shard-0` for `data/shard-0.tar`. */
  archive(input: string): string
}

export function resultNamer(): ResultNamer {
  const [uniquePhoto, uniqueFolder] = [unique(), unique()]
  const folders = new Map([['', '']])
  const folderOf = (path: string): string => {
    const known = folders.get(path)
    if (known !== undefined) return known
    const parent = path.includes('/') ? folderOf(posix.dirname(path)) : ''
    const folder = uniqueFolder(below(parent, posix.basename(path)))
    folders.set(path, folder)
    return folder
  }
  return {
    photo: (input, folder = '') => uniquePhoto(below(folderOf(folder), shortened(parse(input).name))),
    archive: input => uniqueFolder(shortened(parse(input).name)),
  }
}

/** Not `posix.join`: a file called `...jpg` has the name `..`, which must not become the folder above. */
const below = (folder: string, name: string) => (folder === '' ? name : `${folder}/${name}`)

/** Adds numbers to names that were given before. */
function unique(): (name: string) => string {
  const taken = new Set<string>()
  /** The last number of a name that several inputs have: a search from 1 would take long for thousands of them. */
  const numbers = new Map<string, number>()
  return name => {
    // As UTF-8, in which half a character of UTF-16 becomes U+FFFD, as in the name of its file.
    const key = Buffer.from(name).toString().normalize().toLowerCase()
    if (!taken.has(key)) {
      taken.add(key)
      return name
    }
    let number = numbers.get(key) ?? 1
    do number++
    while (taken.has(`${key}-${number}`))
    numbers.set(key, number)
    taken.add(`${key}-${number}`)
    return `${name}-${number}`
  }
}

/** In bytes. Results add extensions and numbers to a name, and file systems allow 255 bytes in all. */
const LONGEST_NAME = 200

function shortened(name: string): string {
  const bytes = Buffer.from(name)
  if (bytes.length <= LONGEST_NAME) return name
  // A character cut in two becomes U+FFFD.
  return bytes
    .subarray(0, LONGEST_NAME)
    .toString()
    .replace(/\uFFFD$/, '')
}
