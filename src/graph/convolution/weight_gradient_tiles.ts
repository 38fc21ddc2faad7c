// Tiles of `conv2d_backward_weight_tiled` by the maker of a GPU. What registers they take, and which share of the main loop they leave
// to multiply-adds, is from Mesa 25.0.7's compilers for these GPUs (bench/NOTES.md). None was timed.

import {
  type Conv2dBackwardWeightOptions,
  type Conv2dBackwardWeightTile,
  weightTiles,
} from '../../kernels/conv2d_backward_weight.ts'
import type { StagedWeightTile } from '../../kernels/conv2d_backward_weight_tiled.ts'
import type { Device } from './target.ts'

/** 8 × 4 channels for each of 128 invocations: 72 registers and 6 or 7 waves on RDNA. */
const WIDE: StagedWeightTile = { rows: 2, columns: 1, lanesX: 16, lanesY: 8, depth: 16, turn: 8 }

/** For layers that would leave most of a wide tile empty: 4 × 4 channels for each of 64 invocations. No compiler spills it. */
const NARROW: StagedWeightTile = { rows: 1, columns: 1, lanesX: 8, lanesY: 8, depth: 8, turn: 8 }

/** Wide tiles, all of 64 × 64 channels. The first row that fits an adapter counts. */
const MAKERS: readonly { vendor: string; tile: StagedWeightTile }[] = [
  // A third fewer reads of workgroup memory, which bind RDNA 3 with WIDE; 96 registers, 5 waves on RDNA 2 and 7 on RDNA 3.
  { vendor: 'amd', tile: { rows: 2, columns: 2, lanesX: 8, lanesY: 8, depth: 8, turn: 4 } },
  // As much as 128 registers hold: WIDE spills 60 of them, this tile with 2 pixels a turn as well.
  { vendor: 'intel', tile: { ...WIDE, depth: 8, turn: 1 } },
]

/** All tiles that an adapter may get, each once. */
export const everyStagedWeightTile: readonly StagedWeightTile[] = [
  WIDE,
  NARROW,
  ...MAKERS.map(({ tile }) => tile),
]

/** The maker's wide tile, or the narrow one where the wide one would compute at least twice as much past the last channels. */
export function stagedWeightTile(options: Conv2dBackwardWeightOptions, { info }: Device): StagedWeightTile {
  const wide = MAKERS.find(({ vendor }) => vendor === info?.vendor)?.tile ?? WIDE
  return 2 * computed(options, NARROW) <= computed(options, wide) ? NARROW : wide
}

/** Pairs of vectors that the workgroups of a tile compute, the empty ones, too. */
function computed(options: Conv2dBackwardWeightOptions, tile: Conv2dBackwardWeightTile): number {
  const { rowTiles, columnTiles } = weightTiles(options, tile)
  return rowTiles * columnTiles * tile.rows * tile.columns * tile.lanesX * tile.lanesY
}
