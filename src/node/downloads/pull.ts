// Downloads checkpoints into the cache, by a registry name or by a URL.

import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { UserError } from '../../errors.ts'
import { checkJson, parseJson } from '../../json.ts'
import {
  type DownloadProgress,
  HttpError,
  hubFolder,
  isWebUrl,
  repositoryFiles,
  shownSource,
  shownUrl,
} from '../../library/downloads.ts'
import {
  CONFIG,
  checkpointAmong,
  fileIn,
  filesOfFolder,
  isCheckpointName,
  MAX_JSON_BYTES,
  PREPROCESSOR,
  parseJsonObject,
} from '../../library/found_weights.ts'
import { printable } from '../../printable.ts'
import { readCheckpoint } from '../../weights/checkpoint.ts'
import { isFileName } from '../../weights/file_name.ts'
import {
  findEntry,
  isShipped,
  type RegistryEntry,
  type RegistryFile,
  registrySchema,
} from '../../weights/registry.ts'
import { cacheFolder } from '../cache.ts'
import { listFileSet } from '../files/file_set.ts'
import { readRegularFile } from '../files/read_file.ts'
import { ensureFile } from './cached_file.ts'
import { hubAuthorization, hubEndpoint, hubUrl, isOnHub } from './hub.ts'

export interface WeightsOptions {
  /** Default: the system's cache folder, see `cacheFolder`. */
  cache?: string
  /** Default: the public checkpoints, see `readRegistry`. */
  registry?: readonly RegistryEntry[]
  /** Follows each download. */
  onProgress?: (progress: DownloadProgress) => void
  /**
   * Called with a warning of one line: a damaged file in the cache, or a download that nothing verifies. Default: a Node warning.
   */
  onWarning?: (message: string) => void
  /** Ends downloads with its reason; a later call resumes them. */
  signal?: AbortSignal
}

/** The package's folder of weights: the registry, and a folder for each shipped checkpoint. */
const SHIPPED = new URL('../../../weights/', import.meta.url)

/** The checkpoints available by name. */
export async function readRegistry(): Promise<RegistryEntry[]> {
  const text = await readFile(new URL('registry.json', SHIPPED), 'utf8')
  return parseJson(registrySchema, text, 'registry.json')
}

/**
 * Downloads the files of a registry entry, of a URL or of `hf:OWNER/NAME`, unless the cache has them. Returns their folder. Throws a UserError for an
 * unknown name and for any error of the network or the disk, or the signal's reason.
 */
export async function pullWeights(name: string, options: WeightsOptions = {}): Promise<string> {
  const url = hubFolder(name) ?? name
  if (isWebUrl(url)) return pullUrl(url, options)
  const { registry: given } = options
  const registry = given ? checkJson(registrySchema, given, 'registry') : await readRegistry()
  const entry = findEntry(registry, name)
  if (!entry) throw unknownName(name, registry)
  if (isShipped(entry)) return fileURLToPath(new URL(entry.name, SHIPPED))
  const folder = pulledFolder(entry, options)
  for (const file of entry.files) await pullFile({ ...file, url: hubUrl(file.url) }, folder, options)
  return folder
}

/** Whether all files of a registry entry are present, in this package or in the cache. */
export async function isPulled(entry: RegistryEntry, options: WeightsOptions = {}): Promise<boolean> {
  if (isShipped(entry)) return true
  const names: string[] = await readdir(pulledFolder(entry, options)).catch(() => [])
  return entry.files.every(({ name }) => names.includes(name))
}

const pulledFolder = ({ name }: RegistryEntry, { cache = cacheFolder() }: WeightsOptions) =>
  join(cache, 'weights', name)

function unknownName(name: string, registry: readonly RegistryEntry[]): UserError {
  if (/[/\\]/.test(name) || isCheckpointName(name)) {
    return new UserError(`${shownSource(name)}: no such file or folder`)
  }
  return new UserError(
    `${name}: neither a file nor a folder, nor one of ${registry.map(entry => entry.name).join(', ')}`,
  )
}

/** Downloads a checkpoint file, or the files of a folder or a repository of Hugging Face. */
async function pullUrl(url: string, options: WeightsOptions): Promise<string> {
  if (!URL.canParse(url)) throw new UserError(`${shownUrl(url)}: this is not a URL`)
  const key = createHash('sha256').update(url).digest('hex').slice(0, 16)
  const folder = join(options.cache ?? cacheFolder(), 'urls', key)
  const address = hubUrl(new URL(url).href)
  const pull = (from: string) =>
    pullFile({ name: fileNameIn(from), url: from, bytes: null, sha256: null }, folder, options)
  if (isCheckpointName(new URL(address).pathname)) await pull(address)
  else
    await pullFolder(
      name => pull(fileIn(repositoryFiles(address.replace(/\/$/, ''), hubEndpoint()), name)),
      folder,
    )
  return folder
}

/** Downloads a checkpoint and the files next to it, or verifies those in the cache. */
async function pullFolder(pull: (name: string) => Promise<void>, folder: string): Promise<void> {
  const checkpoint = await checkpointIn(folder)
  if (checkpoint !== undefined) {
    const names = await readdir(folder)
    for (const name of [CONFIG, PREPROCESSOR, checkpoint]) if (names.includes(name)) await pull(name)
    return
  }
  await filesOfFolder(pull)
}

function fileNameIn(url: string): string {
  const name = posix.basename(new URL(url).pathname)
  if (!isFileName(name))
    throw new UserError(`${shownUrl(url)}: ${printable(name)} cannot be the name of a file on every system`)
  return name
}

async function pullFile(
  { name, url, bytes, sha256 }: RegistryFile,
  folder: string,
  { onProgress, onWarning = warnByNode, signal }: WeightsOptions,
): Promise<void> {
  try {
    await ensureFile({
      url,
      file: join(folder, name),
      onProgress,
      onWarning,
      signal,
      bytes: bytes ?? undefined,
      maxBytes: name.endsWith('.json') ? MAX_JSON_BYTES : undefined,
      sha256: sha256 ?? undefined,
      authorization: hubAuthorization(url),
      check: part => checkFormat(part, url),
    })
  } catch (error) {
    const isDenied = error instanceof HttpError && (error.status === 401 || error.status === 403)
    if (isDenied && isOnHub(url)) throw new UserError(`${error.message}; ${ABOUT_TOKEN}`)
    throw error
  }
}

const ABOUT_TOKEN = 'HF_TOKEN has to be the token of an account that may read this repository'

const warnByNode = (message: string) => process.emitWarning(message, 'AtrousWarning')

/** Servers may answer with a web page if a file has moved. Such a page must not stay in the cache. */
async function checkFormat(part: string, url: string): Promise<void> {
  const bytes = await readRegularFile(part)
  if (new URL(url).pathname.endsWith('.json')) parseJsonObject(bytes, shownUrl(url))
  else readCheckpoint(bytes, shownUrl(url))
}

/** The name of the checkpoint in a folder: one of the usual names, or the only file with a checkpoint's extension. */
export async function checkpointIn(folder: string): Promise<string | undefined> {
  return checkpointAmong(await listFileSet(folder))
}
