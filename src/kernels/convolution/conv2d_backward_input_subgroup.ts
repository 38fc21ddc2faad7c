import type { Kernel } from '../../gpu/kernel.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { type Conv2dBackwardInputOptions, inputGradient } from './conv2d_backward_input.ts'
import { type SubgroupTile, subgroupTile } from './conv2d_subgroup.ts'

/** `conv2dBackwardInput` for adapters whose subgroups all have `subgroupSize` lanes. */
export function conv2dBackwardInputSubgroup(
  options: Conv2dBackwardInputOptions & { subgroupSize: number; tile?: SubgroupTile },
): Kernel {
  const { subgroupSize, tile = subgroupTile(options.input[3]) } = options
  return {
    shader: shaders.conv2d_backward_input_subgroup,
    constants: { LANE_PIXELS: tile.pixels, LANE_VECTORS: tile.vectors, SUBGROUP_SIZE: subgroupSize },
    ...inputGradient(options, { pixels: tile.pixels * subgroupSize, vectors: tile.vectors }),
  }
}
