// The options of `DeepLab.load` in browsers, and where it finds the weights.

import type { DownloadProgress } from '../library/downloads.ts'
import type { WeightsInMemory } from '../library/found_weights.ts'
import { type ConventionOptions, type OpenOptions, SHARED_LOAD_OPTIONS } from '../library/open_options.ts'
import type { UrlLike } from '../library/sources.ts'
import type { DeclaredOptions } from '../options.ts'
import type { RegistryEntry } from '../weights/registry.ts'

export interface WeightsOptions {
  /** Whether downloads are kept in the browser's cache storage, by their URLs. Default true. Shipped weights are not kept. */
  cache?: boolean
  /** The URL of a copy of the package's folder `weights`, absolute or from the page. Default: next to the package's modules. */
  baseUrl?: string | URL
  /** Default: the public checkpoints, in registry.json of that folder. */
  registry?: readonly RegistryEntry[]
  /** Follows each download. */
  onProgress?: (progress: DownloadProgress) => void
  /** Called with a warning of one line: a cache that is full or refused, or a damaged file in it. Default: `console.warn`. */
  onWarning?: (message: string) => void
  /** Ends downloads with its reason. */
  signal?: AbortSignal
}

export interface LoadOptions extends OpenOptions, ConventionOptions, WeightsOptions {
  /** Ends the download or the start-up: `load` throws the signal's reason. */
  signal?: AbortSignal
}

/** @internal */
export const LOAD_OPTIONS: DeclaredOptions<LoadOptions> = {
  ...SHARED_LOAD_OPTIONS,
  cache: true,
  baseUrl: true,
  registry: true,
}

/**
 * A model: a shipped or registry name; the URL of a checkpoint, of a folder or of a repository of Hugging Face, where a relative
 * one begins with `/`, `./` or `../`; or a model in memory, such as the files that a user chose.
 */
export type WeightsSource = string | UrlLike | WeightsInMemory
