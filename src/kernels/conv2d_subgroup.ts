import type { Kernel } from '../gpu/kernel.ts'
import { type Conv2dOptions, implicitGemm } from './conv2d.ts'
import { vectors } from './layout.ts'

/** What one subgroup computes: pixels for each lane × vectors of four channels, an even number. */
export interface SubgroupTile {
  pixels: number
  vectors: number
}

/** `conv2d` for adapters whose subgroups all have `subgroupSize` lanes, at least 8. */
export function conv2dSubgroup(
  options: Conv2dOptions & { subgroupSize: number; tile?: SubgroupTile },
): Kernel {
  const { subgroupSize, tile = subgroupTile(options.outChannels), unpacked = false } = options
  const whole = implicitGemm(options, { pixels: tile.pixels * subgroupSize, vectors: tile.vectors })
  return {
    ...whole,
    shader: 'conv2d_subgroup',
    consts: {
      TILE_PIXELS: tile.pixels,
      TILE_VECTORS: tile.vectors,
      UNPACKED: Number(unpacked),
      STATISTICS: 0,
    },
    constants: { SUBGROUP_SIZE: subgroupSize },
    outputs: { ...whole.outputs, statistics: 0 },
  }
}

/** The wider one where it leaves no vector idle. */
export const subgroupTile = (channels: number): SubgroupTile =>
  vectors(channels) % 4 === 0 ? { pixels: 3, vectors: 4 } : { pixels: 4, vectors: 2 }
