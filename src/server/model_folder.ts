// The folder from which models are loaded by name.

import { readdir, stat } from 'node:fs/promises'
import { join, parse } from 'node:path'
import { UserError } from '../errors.ts'
import { isCheckpointName } from '../library/weights_folder.ts'
import { checkpointIn } from '../node/downloads/pull.ts'
import { fileError } from '../node/files/file_error.ts'

/** What a name may be: it is a part of URLs. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/

/** Throws a UserError for a name that does not fit into a URL. */
export function checkModelName(name: string): void {
  if (!NAME.test(name))
    throw new UserError(
      `model: expected a name of letters, digits, dots, dashes and underscores, got ${JSON.stringify(name)}`,
    )
}

/**
 * The models in a folder: the path of each by its name. A model is a folder with a checkpoint, or a checkpoint file, whose name counts
 * without its extension. Others are left out. Throws a UserError if the folder cannot be read.
 */
export async function modelsIn(folder: string): Promise<Map<string, string>> {
  const names = await readdir(folder).catch(error => {
    throw fileError(folder, error)
  })
  const found = new Map<string, string>()
  for (const file of names.sort()) {
    const path = join(folder, file)
    const name = await modelNameOf(path)
    if (name !== undefined && NAME.test(name) && !found.has(name)) found.set(name, path)
  }
  return found
}

async function modelNameOf(path: string): Promise<string | undefined> {
  const found = await stat(path).catch(() => undefined)
  const { base, name } = parse(path)
  if (found?.isFile()) return isCheckpointName(base) ? name : undefined
  if (!found?.isDirectory()) return undefined
  return (await checkpointIn(path).catch(() => undefined)) === undefined ? undefined : base
}

/** A message about a model of the folder, without the folder's path: clients read it. */
export const withoutFolder = (message: string, folder: string): string =>
  message.replaceAll(join(folder, '/'), '')
