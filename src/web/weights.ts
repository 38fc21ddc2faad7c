// Finds the weights that a page names.

import { UserError } from '../errors.ts'
import { checkJson, parseJson } from '../json.ts'
import { hubFolder, isWebUrl, repositoryFiles, shownUrl } from '../library/downloads.ts'
import {
  type FoundWeights,
  fileIn,
  filesOfFolder,
  isCheckpointName,
  MAX_JSON_BYTES,
  parseJsonObject,
  weightsInMemory,
  weightsOfFolder,
} from '../library/found_weights.ts'
import type { UrlLike } from '../library/sources.ts'
import { shown } from '../options.ts'
import { printable } from '../printable.ts'
import { loadCheckpoint } from '../weights/load_checkpoint.ts'
import { findEntry, isShipped, type RegistryEntry, registrySchema } from '../weights/registry.ts'
import { fetchFile } from './downloads/fetch_file.ts'
import { keptFile } from './downloads/kept_file.ts'
import type { WeightsOptions, WeightsSource } from './load_options.ts'
import { ABOUT_BASE_URL, absolute, shippedFiles, shippedUrl } from './shipped.ts'

/** Throws a UserError if nothing is found or the file is not a checkpoint, or the signal's reason. */
export async function findWeights(
  source: WeightsSource,
  options: WeightsOptions = {},
): Promise<FoundWeights> {
  const inMemory = await weightsInMemory(source)
  if (inMemory) return inMemory
  const text = textOf(source as string | UrlLike)
  if (shippedFiles(text).length > 0) return shippedWeights(text, options)
  const folder = hubFolder(text)
  if (folder) return weightsAt(folder, options)
  const isRelative = /^\.{0,2}\//.test(text)
  if (isRelative || isWebUrl(text)) return weightsAt(text, options)
  return registeredWeights(text, options)
}

function textOf(source: string | UrlLike): string {
  const text = typeof source === 'string' ? source : source?.href
  if (typeof text !== 'string' || text === '')
    throw new UserError(`load: expected the name of a model, a URL, files or bytes, got ${shown(source)}`)
  return text
}

async function shippedWeights(model: string, options: WeightsOptions): Promise<FoundWeights> {
  const files = new Map<string, Uint8Array>()
  for (const name of shippedFiles(model)) files.set(name, await shippedFile(`${model}/${name}`, options))
  return inFolder(`${model}/`, files)
}

/** The browser's cache for HTTP keeps these files, which a new version of the package replaces. */
async function shippedFile(path: string, options: WeightsOptions): Promise<Uint8Array> {
  const { baseUrl, onProgress, signal } = options
  const url = shippedUrl(path, baseUrl)
  try {
    const bytes = await fetchFile(url, { name: path.slice(path.lastIndexOf('/') + 1), onProgress, signal })
    // The registry is checked when it is read. A bundler may give it another name.
    if (path !== 'registry.json') await checkFormat(bytes, url)
    return bytes
  } catch (error) {
    if (error instanceof UserError)
      throw new UserError(`${error.message}; ${ABOUT_BASE_URL}`, { cause: error })
    throw error
  }
}

/** A checkpoint file, or the files of a folder or a repository of Hugging Face. */
async function weightsAt(text: string, options: WeightsOptions): Promise<FoundWeights> {
  const address = absolute(text)
  if (address === undefined) throw new UserError(`${shownUrl(text)}: this is not a URL`)
  if (isCheckpointName(new URL(address).pathname)) {
    const source = shownUrl(address)
    return { stateDict: await loadCheckpoint(await download(address, options), source), source }
  }
  const folder = repositoryFiles(address.replace(/\/$/, ''))
  return inFolder(
    `${shownUrl(folder)}/`,
    await filesOfFolder(name => download(fileIn(folder, name), options)),
  )
}

async function registeredWeights(name: string, options: WeightsOptions): Promise<FoundWeights> {
  const registry = options.registry
    ? checkJson(registrySchema, options.registry, 'registry')
    : await shippedRegistry(options)
  const entry = findEntry(registry, name)
  if (!entry || isShipped(entry)) throw unknownName(name, registry)
  const files = new Map<string, Uint8Array>()
  for (const { name: file, url, bytes, sha256 } of entry.files)
    files.set(file, await download(url, options, { bytes: bytes ?? undefined, sha256: sha256 ?? undefined }))
  return inFolder(`${entry.name}/`, files)
}

async function shippedRegistry(options: WeightsOptions): Promise<RegistryEntry[]> {
  const text = new TextDecoder().decode(
    await shippedFile('registry.json', { ...options, onProgress: undefined }),
  )
  return parseJson(registrySchema, text, 'registry.json')
}

const unknownName = (name: string, registry: readonly RegistryEntry[]) =>
  new UserError(
    `${printable(name)}: neither a URL nor one of ${registry.map(entry => entry.name).join(', ')}; a relative URL begins with ./ or /`,
  )

const inFolder = (prefix: string, files: ReadonlyMap<string, Uint8Array>) =>
  weightsOfFolder(new Map([...files].map(([name, bytes]) => [name, async () => bytes])), prefix)

function download(
  url: string,
  { cache = true, onProgress, onWarning = console.warn, signal }: WeightsOptions,
  expected: { bytes?: number; sha256?: string } = {},
): Promise<Uint8Array> {
  const name = new URL(url).pathname.replace(/^.*\//, '')
  const maxBytes = name.endsWith('.json') ? MAX_JSON_BYTES : undefined
  const check = (bytes: Uint8Array) => checkFormat(bytes, url)
  return keptFile(url, { name, maxBytes, cache, onProgress, onWarning, signal, check, ...expected })
}

/** Servers may answer with a web page if a file has moved. */
async function checkFormat(bytes: Uint8Array, url: string): Promise<void> {
  const { pathname } = new URL(url)
  if (pathname.endsWith('.json')) parseJsonObject(bytes, shownUrl(url))
  else await loadCheckpoint(bytes, shownUrl(url))
}
