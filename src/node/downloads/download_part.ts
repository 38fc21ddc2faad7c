// A partly downloaded file: `FILE.ID.part`, and next to it the server's mark of its version, with which a later run resumes it.

import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { copyFile, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

export interface Part {
  readonly path: string
  exists(): Promise<boolean>
  /** In bytes; 0 if it does not exist. */
  size(): Promise<number>
  version(): Promise<string | undefined>
  setVersion(version: string | undefined): Promise<void>
  /** Renames the part to the final name. Throws PartTakenError if another process took it over. */
  finish(): Promise<void>
  remove(): Promise<void>
}

/** This process was suspended for so long that another one took over its download. */
export class PartTakenError extends Error {}

/**
 * A part that only this process writes, with the bytes that earlier processes left. The bytes are copied and the old part is
 * removed: if its process was only suspended, it writes on into an unlinked file and cannot rename it.
 */
export async function openPart(file: string): Promise<Part> {
  const part = partAt(`${file}.${randomUUID().slice(0, 8)}.part`, file)
  const left = await partsOf(file)
  const sizes = await Promise.all(left.map(each => each.size()))
  const largest = left[sizes.indexOf(Math.max(...sizes))]
  if (largest) await copyPart(largest, part)
  for (const each of left) await each.remove()
  return part
}

function partAt(path: string, file: string): Part {
  const versionPath = `${path}.version`
  const removeVersion = () => rm(versionPath, { force: true })
  return {
    path,
    exists: async () => (await statOf(path)) !== undefined,
    size: async () => (await statOf(path))?.size ?? 0,
    version: () => readFile(versionPath, 'utf8').then(headerValue, () => undefined),
    setVersion: version => (version === undefined ? removeVersion() : writeFile(versionPath, version)),
    async finish() {
      await rename(path, file).catch(error => {
        throw error.code === 'ENOENT' ? new PartTakenError() : error
      })
      await removeVersion()
    },
    async remove() {
      await rm(path, { force: true })
      await removeVersion()
    },
  }
}

/** A damaged version file must not make every request with this header fail. */
const headerValue = (text: string) => (/^[\x20-\x7e]{1,1000}$/.test(text) ? text : undefined)

const statOf = (path: string) => stat(path).catch(() => undefined)

/** The parts that other runs left, including `FILE.part` of older versions of this package. */
async function partsOf(file: string): Promise<Part[]> {
  const [folder, name] = [dirname(file), basename(file)]
  const entries = await readdir(folder, { withFileTypes: true })
  return entries
    .filter(entry => entry.isFile() && entry.name.startsWith(`${name}.`))
    .filter(entry => /^\.([0-9a-f]{8}\.)?part$/.test(entry.name.slice(name.length)))
    .map(entry => partAt(join(folder, entry.name), file))
}

async function copyPart(from: Part, to: Part): Promise<void> {
  try {
    await copyFile(from.path, to.path, constants.COPYFILE_FICLONE)
    await to.setVersion(await from.version())
  } catch (error) {
    await to.remove()
    throw error
  }
}
