import { stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { UserError } from '../errors.ts'
import type { JsonObject } from '../json_object.ts'
import { isWebUrl, shownUrl } from '../library/downloads.ts'
import {
  CHECKPOINT_NAMES,
  CONFIG,
  type FoundWeights,
  MAX_JSON_BYTES,
  PREPROCESSOR,
  parseJsonObject,
} from '../library/found_weights.ts'
import { readCheckpoint } from '../weights/checkpoint.ts'
import type { StateDict } from '../weights/tensor.ts'
import { checkpointIn, pullWeights, type WeightsOptions } from './downloads/pull.ts'
import { readFileSet } from './files/file_set.ts'
import { readRegularFile } from './files/read_file.ts'

export type { WeightsOptions } from './downloads/pull.ts'

/**
 * Reads the weights that the user names: a folder (in the layout of Hugging Face or of this package), a checkpoint file, a name
 * in the registry, a repository of Hugging Face as `hf:OWNER/NAME`, or a URL of a file, of such a folder or of a repository. Downloads are kept in the cache. Throws
 * a UserError if nothing is found or the file is not a checkpoint, or the signal's reason.
 */
export async function findWeights(nameOrPath: string, options: WeightsOptions = {}): Promise<FoundWeights> {
  options.signal?.throwIfAborted()
  if (isWebUrl(nameOrPath)) return readFolder(await pullWeights(nameOrPath, options))
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(nameOrPath)) return findWeights(pathOf(nameOrPath), options)
  const found = await stat(nameOrPath).catch(() => undefined)
  if (found) return found.isDirectory() ? readFolder(nameOrPath) : readSingleFile(nameOrPath)
  return readFolder(await pullWeights(nameOrPath, options))
}

/** The path of a file: URL. */
function pathOf(url: string): string {
  try {
    return fileURLToPath(url)
  } catch {
    throw new UserError(`${shownUrl(url)}: expected an http:, https: or file: URL`)
  }
}

async function readFolder(folder: string): Promise<FoundWeights> {
  const checkpoint = await checkpointIn(folder)
  if (!checkpoint)
    throw new UserError(`${folder}: no checkpoint in this folder, such as ${CHECKPOINT_NAMES[0]}`)
  return readWithConfig(join(folder, checkpoint), folder)
}

/** A file with one of the usual names is read with the config next to it. A file with another name is read alone. */
async function readSingleFile(file: string): Promise<FoundWeights> {
  return readWithConfig(file, CHECKPOINT_NAMES.includes(basename(file)) ? dirname(file) : undefined)
}

async function readWithConfig(file: string, folder: string | undefined): Promise<FoundWeights> {
  if (folder === undefined) return { stateDict: await readStateDict(file, file), source: file }
  const name = basename(file)
  return readFileSet(folder, [name, CONFIG, PREPROCESSOR], {
    read: async pathOf => ({
      stateDict: await readStateDict(pathOf(name), file),
      config: await readJson(pathOf(CONFIG)),
      preprocessor: await readJson(pathOf(PREPROCESSOR)),
      source: file,
    }),
  })
}

async function readStateDict(path: string, file: string): Promise<StateDict> {
  return readCheckpoint(await readRegularFile(path), file)
}

const isAbsent = (file: string): Promise<boolean> =>
  stat(file).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
  )

/** Undefined if the file does not exist. */
async function readJson(file: string): Promise<JsonObject | undefined> {
  if (await isAbsent(file)) return undefined
  return parseJsonObject(await readRegularFile(file, { limit: MAX_JSON_BYTES }), file)
}
