// Tiles of the gradients of a dense convolution by the vendor of a GPU. Which registers they take, and which share of the main loop
// they leave to multiply-adds, is from Mesa 25.0.7's compilers for AMD's and Intel's GPUs (bench/NOTES.md). None was timed.

import type { Conv2dBackwardWeightOptions } from '../../kernels/convolution/conv2d_backward_weight.ts'
import { type StagedWeightTile, stagedWeightTiles } from '../../kernels/convolution/conv2d_backward_weight.ts'
import type { StagedTile } from '../../kernels/convolution/conv2d_tiled.ts'
import type { Device } from './target.ts'

/** `input` of conv2d_backward_input_tiled, `weight` of conv2d_backward_weight_tiled: of 64 × 64 channels. */
interface GradientTiles {
  input: StagedTile
  weight: StagedWeightTile
}

/** 4 × 8 and 8 × 4 for each of 128 invocations: on RDNA 72 to 84 registers, and 6 or more waves. */
const WIDE: GradientTiles = {
  input: { pixels: 4, vectors: 2, lanesX: 8, lanesY: 16, depth: 16 },
  weight: { rows: 2, columns: 1, lanesX: 16, lanesY: 8, depth: 16, turn: 8 },
}

const VENDORS: Readonly<Record<string, GradientTiles>> = {
  // 8 × 8 reads a third less of workgroup memory, which binds RDNA 3; 96 registers, 5 waves on RDNA 2 and 7 on RDNA 3.
  amd: { ...WIDE, weight: { rows: 2, columns: 2, lanesX: 8, lanesY: 8, depth: 8, turn: 4 } },
  // As much as 128 registers hold. Of the tiles of WIDE they spill 60 and 114.
  intel: {
    input: { pixels: 2, vectors: 1, lanesX: 8, lanesY: 16, depth: 16 },
    weight: { ...WIDE.weight, depth: 8, turn: 1 },
  },
}

/** 4 × 4 channels for each of 64 invocations. */
const NARROW: StagedWeightTile = { rows: 1, columns: 1, lanesX: 8, lanesY: 8, depth: 8, turn: 8 }

const all = [WIDE, ...Object.values(VENDORS)]
/** All that an adapter may get. */
export const inputGradientTiles: readonly StagedTile[] = [...new Set(all.map(({ input }) => input))]
export const weightGradientTiles: readonly StagedWeightTile[] = [...all.map(({ weight }) => weight), NARROW]

const tilesOf = ({ info }: Device): GradientTiles => VENDORS[info?.vendor ?? ''] ?? WIDE

export const inputGradientTile = (device: Device): StagedTile => tilesOf(device).input

/**
 * The vendor's tile; or the narrow one where the wide one would compute at least twice as much past the last channels, and where rows
 * are taps, since that takes more registers than Intel's GPUs have for the wide one.
 */
export function weightGradientTile(options: Conv2dBackwardWeightOptions, device: Device): StagedWeightTile {
  const { weight } = tilesOf(device)
  const { rowsAreTaps } = stagedWeightTiles(options, NARROW)
  return rowsAreTaps || 2 * computed(options, NARROW) <= computed(options, weight) ? NARROW : weight
}

/** Of a depthwise convolution: with the weights of three rows of taps in registers, Intel's compiler spills. */
export const depthwiseHeldRows = ({ info }: Device): number | undefined =>
  info?.vendor === 'intel' ? 2 : undefined

/** Of a depthwise convolution: the rows of taps of an invocation. With all of them there are too few invocations for a GPU. */
export const depthwiseLaneRows = ({ isCpu }: Device): number | undefined => (isCpu ? undefined : 1)

/** Pairs of vectors that the workgroups of a tile compute, the empty ones, too. */
const computed = (options: Conv2dBackwardWeightOptions, tile: StagedWeightTile): number =>
  stagedWeightTiles(options, tile).tiles * tile.rows * tile.columns * tile.lanesX * tile.lanesY
