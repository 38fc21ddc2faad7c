// A backbone by its name, and what builds the networks that a program uses.

import type { Backbone, NetworkBuilder } from './backbone.ts'
import { backbones, type DeepLabConfig } from './table.ts'

export type BackboneName = DeepLabConfig['backbone']

export const backboneNames = Object.keys(backbones) as BackboneName[]

/** The backbone of a network. */
export const backboneOf = ({ backbone }: { backbone: BackboneName }): Backbone<DeepLabConfig> =>
  backbones[backbone]

const builders = new Map<BackboneName, NetworkBuilder<DeepLabConfig>>()

/** Loads what builds a config's network, unless it is loaded. `deepLab` and all that builds on it need it. */
export async function loadNetwork(config: { backbone: BackboneName }): Promise<void> {
  const { backbone } = config
  if (!builders.has(backbone)) builders.set(backbone, await backboneOf(config).builder())
}

export function builderOf({ backbone }: { backbone: BackboneName }): NetworkBuilder<DeepLabConfig> {
  const builder = builders.get(backbone)
  if (!builder) throw new Error(`${backbone}: await loadNetwork(config) before building its network`)
  return builder
}
