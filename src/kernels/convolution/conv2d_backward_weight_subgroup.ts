import type { Kernel } from '../../gpu/kernel.ts'
import { constantOf } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { vectors } from '../layout.ts'
import { type Conv2dBackwardWeightOptions, outputPixels, weightGradient } from './conv2d_backward_weight.ts'
import { splitPixels } from './split_pixels.ts'

/** Vectors of input channels of a workgroup, at most. Of output channels it has one vector for each lane. */
const MOST_ROWS = constantOf(shaders.conv2d_backward_weight_subgroup, 'LANE_IN_VECTORS')

/** More than the cores of most CPUs. */
const ENOUGH_SUBGROUPS = 64

/** `conv2dBackwardWeight` for adapters whose subgroups all have `subgroupSize` lanes, 8 or more. */
export function conv2dBackwardWeightSubgroup(
  options: Conv2dBackwardWeightOptions & { subgroupSize: number; rows?: number; splits?: number },
): Kernel {
  const { input, outChannels, kernel, subgroupSize } = options
  const rows = Math.min(options.rows ?? MOST_ROWS, subgroupSize, vectors(input[3]))
  const rowTiles = Math.ceil(vectors(input[3]) / rows)
  const columnTiles = Math.ceil(vectors(outChannels) / subgroupSize)
  const tiles = kernel[0] * kernel[1] * rowTiles * columnTiles
  const { splits = splitPixels(outputPixels(options), tiles, ENOUGH_SUBGROUPS) } = options
  return {
    shader: shaders.conv2d_backward_weight_subgroup,
    constants: { LANE_IN_VECTORS: rows, SUBGROUP_SIZE: subgroupSize },
    workgroups: splits * tiles,
    ...weightGradient(options, { rowTiles, columnTiles, splits }),
  }
}
