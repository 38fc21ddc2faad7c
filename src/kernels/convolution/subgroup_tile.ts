// Tiles of conv2d_subgroup and conv2d_backward_input_subgroup.

import type { Quirk } from '../../gpu/quirks/quirks.ts'
import { vectors } from '../layout.ts'

/**
 * The register tile of a lane: pixels × vectors of four channels, an even number. All lanes of a subgroup have the same
 * vectors.
 */
export interface SubgroupTile {
  pixels: number
  vectors: number
}

/**
 * The wider tile where it leaves no vector unused. The compiler that gets unrolled loops spills the sums of any tile, so there more
 * pixels only save loads.
 */
export function subgroupTile(
  channels: number,
  { quirks }: { quirks?: ReadonlySet<Quirk> } = {},
): SubgroupTile {
  const isWide = vectors(channels) % 4 === 0
  return { pixels: quirks?.has('unroll') ? 6 : isWide ? 3 : 4, vectors: isWide ? 4 : 2 }
}
