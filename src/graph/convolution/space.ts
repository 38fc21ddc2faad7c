// The tiles that tuning tries besides a kernel's default, and their names. No tile is the best on every GPU.

import type { Conv2dTile } from '../../kernels/convolution/conv2d.ts'
import { loadsEvenly, type StagedTile, stagedBytes } from '../../kernels/convolution/conv2d_tiled.ts'
import { type RowTile, rowTileLimits } from '../../kernels/convolution/row_products.ts'
import type { RowTiles } from '../../kernels/convolution/row_tiles.ts'
import type { SubgroupTile } from '../../kernels/convolution/subgroup_tile.ts'
import { vectors } from '../../kernels/layout.ts'
import type { Device } from './target.ts'

/** WebGPU's defaults, which every adapter has. */
const INVOCATIONS = 256
const WORKGROUP_BYTES = 16384
/** Smaller workgroups leave most lanes of a hardware GPU's processor idle. */
const LEAST_LANES = 32

/** The tiles of `conv2d_tiled`, in pixels × channels: of an invocation, and of a workgroup. */
const STAGED = {
  lane: ['4×4', '4×8', '8×8', '2×8'].map(sides),
  workgroup: ['32×32', '32×64', '64×32', '64×64', '64×128', '128×64', '128×128'].map(sides),
  depth: [8, 16, 32],
}

/** The tiles of `conv2d_rows`: rows of an invocation, vectors of output channels of a workgroup. */
const ROWS = [1, 2].flatMap(rows => [4, 8].map(vectors => ({ rows, vectors })))

/** The tiles of `conv2d_subgroup` and its gradients. With wider tiles CPU adapters spill registers (bench/NOTES.md). */
const SUBGROUP_TILES: readonly SubgroupTile[] = [
  ...[2, 3, 4, 6].map(pixels => ({ pixels, vectors: 2 })),
  ...[1, 2, 3, 4].map(pixels => ({ pixels, vectors: 4 })),
]

/** The tiles of `conv2d` and `conv2d_backward_input`: what an invocation computes, and the invocations of a workgroup. */
const REGISTERS = { pixels: [2, 4, 8], vectors: [1, 2, 4], lanes: [32, 64] }

/** `4×8 of 64×64`: the pixels × channels of an invocation, and those of its workgroup. */
export const tileName = ({ pixels, vectors, lanesX, lanesY }: Conv2dTile): string =>
  `${pixels}×${4 * vectors} of ${pixels * lanesY}×${4 * vectors * lanesX}`

/** `3×16`: the pixels × channels of a lane. */
export const subgroupTileName = ({ pixels, vectors }: SubgroupTile): string => `${pixels}×${4 * vectors}`

/** `4×8 of 64×64, depth 16`. */
export const stagedTileName = (tile: StagedTile): string => `${tileName(tile)}, depth ${tile.depth}`

/** The tiles of `conv2d_tiled` for which the adapter has enough workgroup memory and invocations. */
export const stagedTiles = (device: Device): StagedTile[] =>
  STAGED.lane.flatMap(([pixels, channels]) =>
    STAGED.workgroup.flatMap(([rows, columns]) =>
      STAGED.depth
        .map(depth => {
          const lanes = { lanesX: columns / channels, lanesY: rows / pixels }
          return { pixels, vectors: channels / 4, ...lanes, depth }
        })
        .filter(tile => loadsEvenly(tile) && fitsWorkgroup(tile, device)),
    ),
  )

/** `2×32 of 64 lanes`: the pixels of an invocation and the channels of a workgroup. */
export const rowTileName = ({ rows, vectors, lanes, parts = 1 }: RowTile): string =>
  `${rows}×${4 * vectors} of ${parts > 1 ? `${parts}×` : ''}${lanes} lanes`

/** The tiles of `conv2d_rows`, with the depth and the loop that a vendor's compiler likes. */
export const rowTiles = ({ large }: RowTiles, device: Device): RowTile[] =>
  ROWS.map(sides => ({ ...large, ...sides })).filter(tile => fitsLimits(rowTileLimits(tile), device))

/** Whether a workgroup of the adapter has the invocations and the memory for a tile. */
export const fitsWorkgroup = (tile: StagedTile, device: Device): boolean =>
  tile.lanesX * tile.lanesY >= LEAST_LANES &&
  fitsLimits({ lanes: tile.lanesX * tile.lanesY, bytes: stagedBytes(tile) }, device)

/** Whether a workgroup of the adapter may have so many invocations and so much memory. */
export function fitsLimits(
  { lanes, bytes }: { lanes: number; bytes: number },
  { limits = {} }: Device,
): boolean {
  const { maxComputeInvocationsPerWorkgroup: invocations = INVOCATIONS } = limits
  const { maxComputeWorkgroupStorageSize: memory = WORKGROUP_BYTES } = limits
  return lanes <= invocations && bytes <= memory
}

/** The tiles of which the channels fill more than half. */
export const subgroupTiles = (channels: number): SubgroupTile[] =>
  SUBGROUP_TILES.filter(tile => tile.vectors === 2 || vectors(channels) > 2)

/** The tiles of `conv2d`. There are as many lanes along the channels as the channels need, at most 8. */
export function registerTiles(channels: number): Conv2dTile[] {
  const width = vectors(channels)
  return REGISTERS.lanes.flatMap(lanes =>
    REGISTERS.vectors
      .filter(vectors => vectors === 1 || vectors < 2 * width)
      .flatMap(vectors => {
        const lanesX = Math.min(8, 2 ** Math.ceil(Math.log2(Math.ceil(width / vectors))))
        return REGISTERS.pixels.map(pixels => ({ pixels, vectors, lanesX, lanesY: lanes / lanesX }))
      }),
  )
}

function sides(text: string): [pixels: number, channels: number] {
  const [pixels, channels] = text.split('×').map(Number)
  return [pixels, channels]
}
