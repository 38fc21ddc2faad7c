// The files of a model's folder: which one is the checkpoint, and which describe it.

import { UserError } from '../errors.ts'
import type { JsonObject } from '../json_object.ts'
import { HttpError } from './http_error.ts'

export const CONFIG = 'config.json'
export const PREPROCESSOR = 'preprocessor_config.json'
/** Names of a checkpoint in a folder that Hugging Face or this package wrote, preferred first. */
export const CHECKPOINT_NAMES = ['model.safetensors', 'pytorch_model.bin']
/** Lightning writes .ckpt, and older training scripts .pth.tar, which is no archive. */
const CHECKPOINT_EXTENSION = /[^/]\.(safetensors|pth|pt|bin|ckpt|pth\.tar)$/

/** The most bytes of a config.json, which normally has some kilobytes. */
export const MAX_JSON_BYTES = 2 ** 24

/** Whether a text is meant as a URL to download from. */
export const isWebUrl = (text: string): boolean => /^https?:\/\//i.test(text)

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
