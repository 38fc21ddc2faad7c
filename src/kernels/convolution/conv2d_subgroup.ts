import type { Kernel } from '../../gpu/kernel.ts'
import type { Quirk } from '../../gpu/quirks/quirks.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { vectors } from '../layout.ts'
import { type Conv2dOptions, implicitGemm } from './conv2d.ts'

/**
 * The register tile of a lane: pixels × vectors of four channels, an even number. All lanes of a subgroup have the same
 * vectors.
 */
export interface SubgroupTile {
  pixels: number
  vectors: number
}

/** `conv2d` for adapters whose subgroups all have `subgroupSize` lanes. */
export function conv2dSubgroup(
  options: Conv2dOptions & { subgroupSize: number; tile?: SubgroupTile },
): Kernel {
  const { subgroupSize, tile = subgroupTile(options.outChannels), unpacked = false } = options
  const whole = implicitGemm(options, { pixels: tile.pixels * subgroupSize, vectors: tile.vectors })
  return {
    ...whole,
    shader: shaders.conv2d_subgroup,
    constants: {
      LANE_PIXELS: tile.pixels,
      LANE_VECTORS: tile.vectors,
      SUBGROUP_SIZE: subgroupSize,
      UNPACKED: Number(unpacked),
      STATISTICS: 0,
    },
    outputs: { ...whole.outputs, statistics: 0 },
  }
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
