import type { Kernel } from '../../gpu/kernel.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { vectors } from '../layout.ts'
import {
  type Conv2dBackwardWeightOptions,
  type Conv2dBackwardWeightTile,
  outputPixels,
  weightGradient,
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
  const { tile } = options
  const { rowsAreTaps, rowTiles, columnTiles, tiles } = stagedWeightTiles(options, tile)
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
      ROWS_ARE_TAPS: Number(rowsAreTaps),
    },
    workgroups: splits * tiles,
    ...weightGradient(options, { rowTiles, columnTiles, splits }),
  }
}

/**
 * Workgroups along rows and columns, and of all taps. Of a single vector of input channels, such as an image's, the rows are taps: the
 * vector would leave most of a tile empty.
 */
export function stagedWeightTiles(
  { input, outChannels, kernel }: Conv2dBackwardWeightOptions,
  { rows, columns, lanesX, lanesY }: Conv2dBackwardWeightTile,
) {
  const taps = kernel[0] * kernel[1]
  const rowsAreTaps = vectors(input[3]) === 1
  const rowTiles = Math.ceil((rowsAreTaps ? taps : vectors(input[3])) / (rows * lanesY))
  const columnTiles = Math.ceil(vectors(outChannels) / (columns * lanesX))
  return { rowsAreTaps, rowTiles, columnTiles, tiles: rowTiles * columnTiles * (rowsAreTaps ? 1 : taps) }
}
