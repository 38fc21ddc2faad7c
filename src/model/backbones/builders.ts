// The builders of the networks that a program uses, loaded by their backbones' names.

import type { NetworkBuilder } from './backbone.ts'
import { type BackboneName, backboneOf } from './index.ts'

const builders = new Map<BackboneName, NetworkBuilder>()

/** Loads what builds a config's network, unless it is loaded. `deepLab` and all that builds on it need it. */
export async function loadNetwork(config: { backbone: BackboneName }): Promise<void> {
  const { backbone } = config
  if (!builders.has(backbone)) builders.set(backbone, await backboneOf(config).builder())
}

export function builderOf({ backbone }: { backbone: BackboneName }): NetworkBuilder {
  const builder = builders.get(backbone)
  if (!builder) throw new Error(`${backbone}: await loadNetwork(config) before building its network`)
  return builder
}
