import type { Kernel } from '../gpu/kernel.ts'
import { type Conv2dBackwardWeightOptions, outputPixels, weightGradient } from './conv2d_backward_weight.ts'
import { vectors } from './layout.ts'
import { splitPixels } from './split_pixels.ts'

/** Vectors of input channels of a workgroup; of output channels it has one to a lane. */
const ROWS = 2

/** More than a CPU has cores. */
const ENOUGH_SUBGROUPS = 256

/** `conv2dBackwardWeight` for adapters whose subgroups all have `subgroupSize` lanes, at least 8. */
export function conv2dBackwardWeightSubgroup(
  options: Conv2dBackwardWeightOptions & { subgroupSize: number },
): Kernel {
  const { input, outChannels, kernel, subgroupSize } = options
  const rowTiles = Math.ceil(vectors(input[3]) / ROWS)
  const columnTiles = Math.ceil(vectors(outChannels) / subgroupSize)
  const tiles = kernel[0] * kernel[1] * rowTiles * columnTiles
  const splits = splitPixels(outputPixels(options), tiles, ENOUGH_SUBGROUPS)
  return {
    shader: 'conv2d_backward_weight_subgroup',
    constants: { SUBGROUP_SIZE: subgroupSize },
    workgroups: splits * tiles,
    ...weightGradient(options, { rowTiles, columnTiles, splits }),
  }
}
