// The config of a network, as plain data. A checkpoint's config.json holds it. It decides the names and shapes of all weights.
// Only its output stride does not: the same weights run at any of `outputStrides(config)`, and the config holds the default.

import * as v from 'valibot'
import { UserError } from '../errors.ts'
import { checkJson } from '../json.ts'
import { shown } from '../options.ts'
import { backboneOf } from './backbones/index.ts'
import { backbones, type DeepLabConfig, type DeepLabOptions } from './backbones/table.ts'

export type * from './backbones/table.ts'

/** @internal Checks each field of a config by itself, and fills in the defaults. `deepLabConfig` also checks them together. */
export const NETWORK = v.variant(
  'backbone',
  Object.values(backbones).map(({ schema }) => schema),
)

/** Fills in the defaults. Throws a UserError that names the field of a wrong value; it begins with `source`, if given. */
export function deepLabConfig(options: DeepLabOptions, source?: string): DeepLabConfig {
  const config: DeepLabConfig = checkJson(NETWORK, options, source)
  const problem = backboneOf(config).conflictIn?.(config) ?? outputStrideProblem(config, config.outputStride)
  if (problem) throw new UserError(source === undefined ? problem : `${source}: ${problem}`)
  return config
}

/** Whether a config's network has the parameters of an auxiliary head. */
export const hasAuxiliaryHead = (config: DeepLabConfig): boolean =>
  'auxiliaryHead' in config && config.auxiliaryHead

/** The same network as it runs in inference. */
export const withoutAuxiliaryHead = (config: DeepLabConfig): DeepLabConfig =>
  'auxiliaryHead' in config ? { ...config, auxiliaryHead: false } : config

/** The output strides at which a config's weights can run, ascending: strides from block3 on can become rates. */
export const outputStrides = (config: DeepLabConfig): number[] => backboneOf(config).outputStrides(config)

/** Throws a UserError where the network cannot run at an output stride. */
export function checkOutputStride(config: DeepLabConfig, outputStride: number): void {
  const problem = outputStrideProblem(config, outputStride)
  if (problem) throw new UserError(problem)
}

function outputStrideProblem(config: DeepLabConfig, outputStride: number): string | undefined {
  const reachable = outputStrides(config)
  if (reachable.includes(outputStride)) return undefined
  return `outputStride: expected ${reachable.join(', ')}; got ${shown(outputStride)}`
}
