import type { Kernel } from '../gpu/kernel.ts'
import * as shaders from '../gpu/shaders.gen.ts'
import {
  type Conv2dBackwardWeightOptions,
  type Conv2dBackwardWeightTile,
  outputPixels,
  weightGradient,
  weightTiles,
} from './conv2d_backward_weight.ts'
import { splitPixels } from './split_pixels.ts'

/**
 * A tile whose operands pass through workgroup memory: `depth` pixels at each step of the sum, and `turn` of them in each turn of
 * the main loop. For each pixel of a step, as many invocations load an equal number of its vectors.
 */
export interface StagedWeightTile extends Conv2dBackwardWeightTile {
  depth: number
  turn: number
}

/** `conv2dBackwardWeight` for hardware GPUs. */
export function conv2dBackwardWeightTiled(
  options: Conv2dBackwardWeightOptions & { tile: StagedWeightTile; splits?: number },
): Kernel {
  const { kernel, tile } = options
  const { rowTiles, columnTiles } = weightTiles(options, tile)
  const tiles = kernel[0] * kernel[1] * rowTiles * columnTiles
  const { splits = splitPixels(outputPixels(options), tiles * tile.lanesX * tile.lanesY) } = options
  return {
    shader: shaders.conv2d_backward_weight_tiled,
    constants: {
      LANE_ROWS: tile.rows,
      LANE_COLUMNS: tile.columns,
      LANES_X: tile.lanesX,
      LANES_Y: tile.lanesY,
      STEP_PIXELS: tile.depth,
      TURN_PIXELS: tile.turn,
    },
    workgroups: splits * tiles,
    ...weightGradient(options, { rowTiles, columnTiles, splits }),
  }
}
