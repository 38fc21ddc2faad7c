// The options of `DeepLab.load` in Node, and where it finds the weights.

import { UserError } from '../errors.ts'
import type { FoundWeights, WeightsInMemory } from '../library/found_weights.ts'
import { weightsInMemory } from '../library/found_weights.ts'
import { type ConventionOptions, type OpenOptions, SHARED_LOAD_OPTIONS } from '../library/open_options.ts'
import type { UrlLike } from '../library/sources.ts'
import { type DeclaredOptions, shown } from '../options.ts'
import { pathOf } from './images/image_source.ts'
import { findWeights, type WeightsOptions } from './weights.ts'

export interface LoadOptions extends OpenOptions, ConventionOptions, WeightsOptions {
  /** Ends the download or the start-up: `load` throws the signal's reason. */
  signal?: AbortSignal
}

/** @internal */
export const LOAD_OPTIONS: DeclaredOptions<LoadOptions> = {
  ...SHARED_LOAD_OPTIONS,
  cache: true,
  registry: true,
}

/** A model: a shipped or registry name, a path or a URL; or a model in memory. */
export type WeightsSource = string | UrlLike | WeightsInMemory

/** Throws a UserError for a source of an unknown kind. */
export async function weightsFrom(source: WeightsSource, options: WeightsOptions): Promise<FoundWeights> {
  return (await weightsInMemory(source)) ?? findWeights(weightsText(source as string | UrlLike), options)
}

/** The location of weights as text; a file: URL becomes a path. */
function weightsText(nameOrPath: string | UrlLike): string {
  const text = typeof nameOrPath === 'string' ? nameOrPath : nameOrPath?.href
  if (typeof text !== 'string' || text === '')
    throw new UserError(`load: expected the name of a model, a path or a URL, got ${shown(nameOrPath)}`)
  return /^file:/i.test(text) ? pathOf(text) : text
}
