// Weights that were found: a checkpoint with the files that describe it, in a folder or on a server. And those that a caller has in memory
// or as files.

import { UserError } from '../errors.ts'
import type { JsonObject } from '../json_object.ts'
import { shown } from '../options.ts'
import { printable } from '../printable.ts'
import { loadCheckpoint } from '../weights/load_checkpoint.ts'
import type { StateDict } from '../weights/tensor.ts'
import { HttpError } from './downloads.ts'
import { type BlobLike, bytesIn } from './sources.ts'

export interface FoundWeights {
  stateDict: StateDict
  /** The config.json and preprocessor_config.json next to the checkpoint, if present. */
  config?: JsonObject
  preprocessor?: JsonObject
  /** The checkpoint's file, for messages. */
  source: string
}

/** A File, or another Blob with a name. */
export interface FileLike extends BlobLike {
  readonly name?: string
}

/**
 * A model in memory: a checkpoint's bytes, a checkpoint as a File or another Blob, or the files of a folder, such as a FileList: a
 * checkpoint, and where it has them, config.json and preprocessor_config.json. Other files are ignored.
 */
export type WeightsInMemory =
  | Uint8Array
  | DataView
  | ArrayBuffer
  | SharedArrayBuffer
  | FileLike
  | Iterable<FileLike>

/** Undefined if the source is not in memory. Throws a UserError if it is not a checkpoint, or cannot be read. */
export async function weightsInMemory(source: unknown): Promise<FoundWeights | undefined> {
  const bytes = bytesIn(source)
  if (bytes) return { stateDict: await loadCheckpoint(bytes, NAMELESS), source: NAMELESS }
  if (isFile(source)) {
    const file = nameOf(source)
    return { stateDict: await loadCheckpoint(await bytesOf(source), file), source: file }
  }
  return isIterable(source) ? weightsInFiles([...source]) : undefined
}

/** The name in messages of a checkpoint without its own. */
const NAMELESS = 'the checkpoint'

async function weightsInFiles(files: unknown[]): Promise<FoundWeights> {
  const wrong = files.findIndex(file => !isFile(file))
  if (wrong >= 0)
    throw new UserError(`files[${wrong}]: expected a File or a Blob, got ${shown(files[wrong])}`)
  return weightsOfFolder(new Map((files as FileLike[]).map(file => [file.name ?? '', () => bytesOf(file)])))
}

/** The weights in the files of a folder, each read when it is needed. */
export async function weightsOfFolder(
  files: ReadonlyMap<string, () => Promise<Uint8Array>>,
  prefix = '',
): Promise<FoundWeights> {
  const names = [...files.keys()]
  const checkpoint = checkpointAmong(names) ?? (names.length === 1 ? names[0] : undefined)
  if (checkpoint === undefined)
    throw new UserError(
      `no checkpoint among these ${names.length} files: expected one such as ${CHECKPOINT_NAMES[0]}`,
    )
  const read = async (name: string) => files.get(name)?.()
  const json = async (name: string) => {
    const bytes = await read(name)
    return bytes && parseJsonObject(bytes, prefix + name)
  }
  const source = prefix + (printable(checkpoint) || NAMELESS)
  return {
    config: await json(CONFIG),
    preprocessor: await json(PREPROCESSOR),
    stateDict: await loadCheckpoint((await read(checkpoint))!, source),
    source,
  }
}

/** The bytes of the files with these names. Throws a UserError if one is missing. */
export async function filesInMemory<Key extends string>(
  files: Iterable<FileLike>,
  names: Readonly<Record<Key, string>>,
): Promise<Record<Key, Uint8Array>> {
  const list = [...files]
  const read = async (name: string) => {
    const file = list.find(each => each.name === name)
    if (!file) throw new UserError(`${name}: missing among these ${list.length} files`)
    return bytesOf(file)
  }
  const entries = Object.entries<string>(names).map(async ([key, name]) => [key, await read(name)])
  return Object.fromEntries(await Promise.all(entries))
}

async function bytesOf(file: FileLike): Promise<Uint8Array> {
  const read = async () => file.arrayBuffer()
  const buffer = await read().catch(error => {
    throw new UserError(`${nameOf(file)}: cannot be read (${printable(String(error?.message))})`, {
      cause: error,
    })
  })
  const bytes = bytesIn(buffer)
  if (!bytes) throw new UserError(`${nameOf(file)}: expected a File or a Blob, got ${shown(file)}`)
  return bytes
}

const nameOf = ({ name }: FileLike) => (typeof name === 'string' && name !== '' ? printable(name) : NAMELESS)

const isFile = (value: unknown): value is FileLike =>
  typeof value === 'object' &&
  value !== null &&
  'arrayBuffer' in value &&
  typeof value.arrayBuffer === 'function'

const isIterable = (value: unknown): value is Iterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.iterator in value

export const CONFIG = 'config.json'
export const PREPROCESSOR = 'preprocessor_config.json'
/** Names of a checkpoint in a folder that Hugging Face or this package wrote, preferred first. */
export const CHECKPOINT_NAMES = ['model.safetensors', 'pytorch_model.bin']
/** Lightning writes .ckpt, and older training scripts .pth.tar, which is no archive. */
const CHECKPOINT_EXTENSION = /[^/]\.(safetensors|pth|pt|bin|ckpt|pth\.tar)$/

/** The most bytes of a config.json, which normally has some kilobytes. */
export const MAX_JSON_BYTES = 2 ** 24

/** Whether a path or a URL's path ends like the name of a checkpoint. */
export const isCheckpointName = (path: string): boolean => CHECKPOINT_EXTENSION.test(path)

/** The checkpoint among the names of a folder: one of the usual names, or the only one with a checkpoint's extension. */
export function checkpointAmong(names: readonly string[]): string | undefined {
  const usual = CHECKPOINT_NAMES.find(name => names.includes(name))
  const candidates = names.filter(isCheckpointName)
  return usual ?? (candidates.length === 1 ? candidates[0] : undefined)
}

/** The URL of a file in a folder. It keeps the folder's query, which may hold a key for both. */
export function fileIn(folder: string, name: string): string {
  const url = new URL(folder)
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/${name}`
  return url.href
}

/**
 * The files of a folder on a server, by `get`, which throws HttpError: config.json and preprocessor_config.json where they are,
 * then the checkpoint.
 */
export async function filesOfFolder<File>(get: (name: string) => Promise<File>): Promise<Map<string, File>> {
  const files = new Map<string, File>()
  const getIfThere = async (name: string) => {
    try {
      files.set(name, await get(name))
    } catch (error) {
      if (!(error instanceof HttpError && error.status === 404)) throw error
    }
  }
  await getIfThere(CONFIG)
  await getIfThere(PREPROCESSOR)
  // The checkpoint is downloaded last: if the cache has it, it has the rest.
  const [preferred, other] = CHECKPOINT_NAMES
  await getIfThere(preferred)
  if (!files.has(preferred)) files.set(other, await get(other))
  return files
}

/** Parses a JSON object. Throws a UserError for anything else. */
export function parseJsonObject(bytes: Uint8Array, source: string): JsonObject {
  try {
    const value = JSON.parse(new TextDecoder().decode(bytes))
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  } catch {}
  throw new UserError(`${source}: not a JSON object`)
}
