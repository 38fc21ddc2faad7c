import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, dirname, extname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { UserError } from '../errors.ts'
import { readCheckpoint } from '../weights/checkpoint.ts'
import { findEntry, isShipped, type RegistryEntry, type RegistryFile } from '../weights/registry.ts'
import type { StateDict } from '../weights/tensor.ts'
import { cacheFolder } from './cache.ts'
import { type DownloadProgress, download, HttpError } from './download.ts'
import { readRegularFile } from './read_file.ts'

export interface FoundWeights {
  stateDict: StateDict
  /** The config.json and preprocessor_config.json beside the checkpoint, where there are any. */
  config?: Json
  preprocessor?: Json
  /** The checkpoint's file, for messages. */
  source: string
}

export type Json = Record<string, unknown>

export interface WeightsOptions {
  /** Default: the system's, see `cacheFolder`. */
  cache?: string
  /** Default: the public checkpoints, see `readRegistry`. */
  registry?: readonly RegistryEntry[]
  onProgress?: (progress: DownloadProgress) => void
}

/** The package's own folder of weights: the registry, and a folder for each checkpoint that it ships. */
const SHIPPED = new URL('../../weights/', import.meta.url)

const CONFIG = 'config.json'
const PREPROCESSOR = 'preprocessor_config.json'
/** A checkpoint's names in a folder that Hugging Face's or this package's `save` wrote, in the order of preference. */
const CHECKPOINT_NAMES = ['model.safetensors', 'pytorch_model.bin']
const CHECKPOINT_EXTENSIONS = ['.safetensors', '.pth', '.pt', '.bin']

/** The checkpoints that can be had by name. */
export async function readRegistry(): Promise<RegistryEntry[]> {
  return JSON.parse(await readFile(new URL('registry.json', SHIPPED), 'utf8'))
}

/**
 * Reads the weights that the user names: a folder (Hugging Face's layout, or this package's), a checkpoint file, a name
 * of the registry, or a URL of a file, of such a folder or of a Hugging Face repository.
 * What has to be downloaded is kept in the cache. Throws a UserError where nothing is found or it is no checkpoint.
 */
export async function findWeights(nameOrPath: string, options: WeightsOptions = {}): Promise<FoundWeights> {
  if (/^https?:\/\//.test(nameOrPath)) return readFolder(await pullUrl(nameOrPath, options))
  const found = await stat(nameOrPath).catch(() => undefined)
  if (found) return found.isDirectory() ? readFolder(nameOrPath) : readSingleFile(nameOrPath)
  return readFolder(await pullWeights(nameOrPath, options))
}

/** Downloads a registry entry's files, unless they are there already; returns the folder where they lie. */
export async function pullWeights(name: string, options: WeightsOptions = {}): Promise<string> {
  const registry = options.registry ?? (await readRegistry())
  const entry = findEntry(registry, name)
  if (!entry) throw unknownName(name, registry)
  if (isShipped(entry)) return fileURLToPath(new URL(entry.name, SHIPPED))
  const folder = pulledFolder(entry, options)
  for (const file of entry.files) await pullFile(file, folder, options)
  return folder
}

/** Whether all of a registry entry's files are there: in this package, or in the cache. */
export async function isPulled(entry: RegistryEntry, options: WeightsOptions = {}): Promise<boolean> {
  if (isShipped(entry)) return true
  const names: string[] = await readdir(pulledFolder(entry, options)).catch(() => [])
  return entry.files.every(({ name }) => names.includes(name))
}

const pulledFolder = ({ name }: RegistryEntry, { cache = cacheFolder() }: WeightsOptions) =>
  join(cache, 'weights', name)

function unknownName(name: string, registry: readonly RegistryEntry[]): UserError {
  if (/[/\\]/.test(name) || CHECKPOINT_EXTENSIONS.includes(extname(name))) {
    return new UserError(`${name}: no such file or folder`)
  }
  return new UserError(
    `${name}: neither a file nor a folder, nor one of ${registry.map(entry => entry.name).join(', ')}`,
  )
}

/** Downloads a checkpoint file, or the files of a folder of them, unless the cache has it; returns the cache's folder. */
async function pullUrl(url: string, options: WeightsOptions): Promise<string> {
  if (!URL.canParse(url)) throw new UserError(`${url}: this is not a URL`)
  const key = createHash('sha256').update(url).digest('hex').slice(0, 16)
  const folder = join(options.cache ?? cacheFolder(), 'urls', key)
  if (await checkpointIn(folder)) return folder
  const pull = (from: string) =>
    pullFile(
      { name: posix.basename(new URL(from).pathname), url: from, bytes: null, sha256: null },
      folder,
      options,
    )
  if (CHECKPOINT_EXTENSIONS.includes(extname(new URL(url).pathname))) {
    await pull(url)
    return folder
  }
  const base = url.replace(/\/$/, '').replace(/^https:\/\/huggingface\.co\/[^/]+\/[^/]+$/, '$&/resolve/main')
  await ifThere(pull(`${base}/${CONFIG}`))
  await ifThere(pull(`${base}/${PREPROCESSOR}`))
  // The checkpoint comes last: where the cache has it, it has the rest.
  const [preferred, other] = CHECKPOINT_NAMES
  if (!(await ifThere(pull(`${base}/${preferred}`)))) await pull(`${base}/${other}`)
  return folder
}

/** Waits for a download; false where the server has no such file. */
async function ifThere(downloading: Promise<void>): Promise<boolean> {
  try {
    await downloading
    return true
  } catch (error) {
    if (error instanceof HttpError && error.status === 404) return false
    throw error
  }
}

async function pullFile(
  { name, url, bytes, sha256 }: RegistryFile,
  folder: string,
  { onProgress }: WeightsOptions,
): Promise<void> {
  const file = join(folder, name)
  if (await stat(file).catch(() => undefined)) return
  await download({
    url,
    file,
    bytes: bytes ?? undefined,
    sha256: sha256 ?? (await linkedSha256(url)),
    check: part => checkFormat(part, url),
    onProgress,
  })
}

/** A large file's SHA-256 as Hugging Face states it on the way to its storage; undefined from any other server. */
async function linkedSha256(url: string): Promise<string | undefined> {
  // Where even this fails, the download itself will say why.
  const response = await fetch(url, { method: 'HEAD', redirect: 'manual' }).catch(() => undefined)
  return /^"?([0-9a-f]{64})"?$/.exec(response?.headers.get('X-Linked-ETag') ?? '')?.[1]
}

/** Servers answer with a web page where a file has moved: what is no checkpoint and no JSON must not stay in the cache. */
async function checkFormat(part: string, url: string): Promise<void> {
  const bytes = await readFile(part)
  if (new URL(url).pathname.endsWith('.json')) parseJson(bytes, url)
  else readCheckpoint(bytes, url)
}

async function readFolder(folder: string): Promise<FoundWeights> {
  const checkpoint = await checkpointIn(folder)
  if (!checkpoint)
    throw new UserError(`${folder}: no checkpoint in this folder, such as ${CHECKPOINT_NAMES[0]}`)
  return readWithConfig(join(folder, checkpoint), folder)
}

/** The name of a folder's checkpoint: one of the usual names, or the only file of a checkpoint's kind. */
async function checkpointIn(folder: string): Promise<string | undefined> {
  const names = await readdir(folder).catch((): string[] => [])
  const usual = CHECKPOINT_NAMES.find(name => names.includes(name))
  const candidates = names.filter(name => CHECKPOINT_EXTENSIONS.includes(extname(name)))
  return usual ?? (candidates.length === 1 ? candidates[0] : undefined)
}

/** A file of one of the usual names belongs with the config beside it; a file of any other name stands alone. */
async function readSingleFile(file: string): Promise<FoundWeights> {
  return readWithConfig(file, CHECKPOINT_NAMES.includes(basename(file)) ? dirname(file) : undefined)
}

async function readWithConfig(file: string, folder: string | undefined): Promise<FoundWeights> {
  return {
    stateDict: readCheckpoint(await readRegularFile(file), file),
    config: folder === undefined ? undefined : await readJson(join(folder, CONFIG)),
    preprocessor: folder === undefined ? undefined : await readJson(join(folder, PREPROCESSOR)),
    source: file,
  }
}

/** Of a config.json, which has some kilobytes. */
const MOST_JSON_BYTES = 2 ** 24

const isAbsent = (file: string): Promise<boolean> =>
  stat(file).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
  )

/** Undefined where there is no such file. */
async function readJson(file: string): Promise<Json | undefined> {
  if (await isAbsent(file)) return undefined
  return parseJson(await readRegularFile(file, { limit: MOST_JSON_BYTES }), file)
}

function parseJson(bytes: Uint8Array, source: string): Json {
  try {
    const value = JSON.parse(new TextDecoder().decode(bytes))
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  } catch {}
  throw new UserError(`${source}: not a JSON object`)
}
