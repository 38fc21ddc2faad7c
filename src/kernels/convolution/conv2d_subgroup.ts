import type { Kernel } from '../../gpu/kernel.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { type Conv2dOptions, implicitGemm } from './conv2d.ts'
import { type SubgroupTile, subgroupTile } from './subgroup_tile.ts'

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
