// The models of a server: loaded and unloaded by name, also from a folder.

import { readdir, stat } from 'node:fs/promises'
import { join, parse } from 'node:path'
import { WaitGroup } from '../concurrency.ts'
import { UserError } from '../errors.ts'
import { isCheckpointName } from '../library/found_weights.ts'
import type { DeepLab } from '../node/deeplab.ts'
import { checkpointIn } from '../node/downloads/pull.ts'
import { fileError } from '../node/files/file_error.ts'
import type { Batcher } from './batcher.ts'
import { RequestError } from './request.ts'

/** As Triton names them. */
type ModelState = 'READY' | 'LOADING' | 'UNLOADING' | 'UNAVAILABLE'

/** A model that answers requests. */
export interface ServedModel {
  name: string
  model: DeepLab
  batcher: Batcher
  /** The requests that use it. It is not unloaded before they end. */
  users: WaitGroup
}

/** How a model comes into memory. */
export interface ModelSource {
  open(): Promise<DeepLab>
  /** Whether the server disposes of the model; else the caller does. */
  isOwned: boolean
}

interface Entry {
  state: ModelState
  /** Why it is in this state, for people. */
  reason: string
  served?: ServedModel
  isOwned: boolean
  /** The last load or unload. They wait for each other. */
  changing: Promise<void>
}

interface ServedModelsOptions {
  sources: ReadonlyMap<string, ModelSource>
  /** Further models, by name, which are listed anew each time. */
  folder?: string
  openPath(path: string): Promise<DeepLab>
  batcherOf(name: string, model: DeepLab): Batcher
  onError(error: unknown, name: string): void
}

/** A line of the index. */
interface ModelStatus {
  name: string
  version: string
  state: ModelState
  reason: string
}

/** There is one version of each model, and it has this name. */
export const VERSION = '1'

export class ServedModels {
  readonly #options: ServedModelsOptions
  readonly #entries = new Map<string, Entry>()

  constructor(options: ServedModelsOptions) {
    for (const name of options.sources.keys()) checkModelName(name)
    this.#options = options
  }

  /** The models that answer requests. */
  get ready(): ServedModel[] {
    return [...this.#entries.values()].flatMap(({ state, served }) =>
      state === 'READY' && served ? served : [],
    )
  }

  /** Throws a RequestError if there is no such model or version, or if it does not answer now. */
  get(name: string, version?: string): ServedModel {
    const entry = this.#entries.get(name)
    if (entry?.state === 'LOADING' && !entry.served)
      throw new RequestError(`model ${JSON.stringify(name)} is loading`, { status: 503, retryAfter: 1 })
    if (!entry?.served || entry.state === 'UNLOADING')
      throw new RequestError(`model ${JSON.stringify(name)} is not loaded`, { status: 404 })
    if (version !== undefined && version !== VERSION)
      throw new RequestError(
        `model ${JSON.stringify(name)} has no version ${JSON.stringify(version)}: its one version is "${VERSION}"`,
        { status: 404 },
      )
    return entry.served
  }

  /** Every model that is loaded or could be. Throws a UserError if the folder cannot be read. */
  async index(): Promise<ModelStatus[]> {
    const names = new Set([...this.#options.sources.keys(), ...(await this.#inFolder()).keys()])
    for (const [name, { state }] of this.#entries) if (state !== 'UNAVAILABLE') names.add(name)
    return [...names].sort().map(name => {
      const { state, reason } = this.#entries.get(name) ?? { state: 'UNAVAILABLE', reason: UNLOADED }
      return { name, version: VERSION, state, reason }
    })
  }

  /** Loads a model, or loads it again: requests go to the old one until the new one is ready. */
  load(name: string): Promise<void> {
    return this.#change(name, async entry => {
      const source = await this.#sourceOf(name)
      Object.assign(entry, { state: 'LOADING', reason: 'loading' })
      const before = { served: entry.served, isOwned: entry.isOwned }
      const model = await source.open()
      const served = { name, model, batcher: this.#options.batcherOf(name, model), users: new WaitGroup() }
      Object.assign(entry, { state: 'READY', reason: '', served })
      entry.isOwned = source.isOwned
      if (before.served && before.served.model !== model) await release(before.served, before.isOwned)
    })
  }

  /** Unloads a model when it has answered what it has taken. */
  unload(name: string): Promise<void> {
    this.get(name)
    return this.#change(name, async entry => {
      const { served } = entry
      if (!served) return
      Object.assign(entry, { state: 'UNLOADING', reason: 'unloading' })
      await release(served, entry.isOwned)
      Object.assign(entry, { state: 'UNAVAILABLE', reason: UNLOADED, served: undefined })
    })
  }

  /** Unloads all. */
  async close(): Promise<void> {
    for (const { changing } of this.#entries.values()) await changing
    for (const { served, isOwned } of this.#entries.values()) if (served) await release(served, isOwned)
    this.#entries.clear()
  }

  async #inFolder(): Promise<Map<string, string>> {
    const { folder } = this.#options
    return folder === undefined ? new Map() : modelsIn(folder)
  }

  /** A name is compared with those that exist, and is never a part of a path. */
  async #sourceOf(name: string): Promise<ModelSource> {
    const { sources, folder, openPath } = this.#options
    const given = sources.get(name)
    if (given) return given
    const path = (await this.#inFolder()).get(name)
    if (path === undefined || folder === undefined)
      throw new RequestError(`no model has the name ${JSON.stringify(name)}`, { status: 404 })
    const open = () =>
      openPath(path).catch(error => {
        throw error instanceof UserError ? new UserError(withoutFolder(error.message, folder)) : error
      })
    return { open, isOwned: true }
  }

  /** Runs a change after those before it. If it fails, a model that answered before still does. */
  #change(name: string, work: (entry: Entry) => Promise<void>): Promise<void> {
    const known = this.#entries.get(name)
    const entry: Entry = known ?? {
      state: 'UNAVAILABLE',
      reason: UNLOADED,
      isOwned: true,
      changing: Promise.resolve(),
    }
    this.#entries.set(name, entry)
    const result = entry.changing.then(() => work(entry))
    entry.changing = result.catch(error => this.#failed(name, entry, error))
    return result
  }

  #failed(name: string, entry: Entry, error: unknown): void {
    const isUnknown = error instanceof RequestError && entry.state === 'UNAVAILABLE'
    if (isUnknown) this.#entries.delete(name)
    else this.#options.onError(error, name)
    entry.state = entry.served ? 'READY' : 'UNAVAILABLE'
    entry.reason = error instanceof UserError ? error.message : 'internal error'
  }
}

const UNLOADED = 'unloaded'

async function release({ model, batcher, users }: ServedModel, isOwned: boolean): Promise<void> {
  await users.idle()
  await batcher.idle()
  if (isOwned) await model.dispose()
}

/** The form of a name, which is a part of URLs. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/

/** Throws a UserError for a name that does not fit into a URL. */
function checkModelName(name: string): void {
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
const withoutFolder = (message: string, folder: string): string => message.replaceAll(join(folder, '/'), '')
