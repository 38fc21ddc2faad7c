// What a round wrote, and whether it left files as they were that are none of its business.

import { lstat, readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'

/** What each file, folder and link below a folder holds, without the subfolders `except`. */
export async function contentsOf(
  folder: string,
  except: readonly string[] = [],
): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  for (const name of await readdir(folder)) {
    if (except.includes(name)) continue
    const path = join(folder, name)
    const entry = await lstat(path)
    if (entry.isSymbolicLink()) found.set(path, `→ ${await readlink(path)}`)
    else if (!entry.isDirectory()) found.set(path, (await readFile(path)).toString('base64'))
    else
      for (const [below, content] of (await contentsOf(path)).set(path, 'folder')) found.set(below, content)
  }
  return found
}

/** Runs the work. Throws an Error, which no refusal is, if a file outside the folders `except` was written, changed or removed. */
export async function untouched<T>(
  { folder, except }: { folder: string; except: readonly string[] },
  work: () => Promise<T>,
): Promise<T> {
  const before = await contentsOf(folder, except)
  try {
    return await work()
  } finally {
    const after = await contentsOf(folder, except)
    const changed = [...new Set([...before.keys(), ...after.keys()])].filter(
      path => before.get(path) !== after.get(path),
    )
    // biome-ignore lint/correctness/noUnsafeFinally: what was written elsewhere counts more than a refusal
    if (changed.length > 0) throw new Error(`changed: ${changed.join(', ')}`)
  }
}
