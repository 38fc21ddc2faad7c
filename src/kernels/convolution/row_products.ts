// Tiles of the kernels that import lib/row_products.wgsl: conv2d_rows and winograd_multiply_rows.

import { vectors } from '../layout.ts'
import type { Conv2dOptions } from './conv2d.ts'

/** The work of a workgroup of such a kernel, and how it is done. */
export interface RowTile {
  /** Invocations of a part of a workgroup, a multiple of a subgroup. */
  lanes: number
  /**
   * Parts of a workgroup, at most: 1, 2 or 4. Each has output channels of its own, and they share the rows in workgroup memory: more
   * waves for the same memory. Default: 1.
   */
  parts?: number
  /** Rows of an invocation. */
  rows: number
  /** Vectors of output channels of an invocation, at most. */
  vectors: number
  /** The same where the weights of each vector are loaded by themselves, and have an address each. Default: `vectors`. */
  singleVectors?: number
  /** Terms of the sum that a workgroup holds in workgroup memory at a time, a multiple of 4. */
  depth: number
  /** Terms in a turn of the innermost loop. AMD's compiler loads the weights of several at once. */
  unroll: number
  /**
   * Terms whose weights are loaded before any of them is multiplied, a divisor of `unroll`: a wave waits once for all of them. The
   * products of a sum then follow each other. In another order Intel's compiler in Mesa keeps a second copy of every sum that a turn adds
   * to more than once, which spills registers.
   */
  together: number
  /** Whether a step is loaded while the one before is multiplied, which takes registers: for GPUs that have them to spare. */
  prefetch: boolean
  /**
   * Whether products of f16 are added up in f16 over a turn, and turns in f32. AMD multiplies pairs of f16. To convert each weight to
   * f32 costs as much as it saves there. Intel's compiler in Mesa unpacks each number, which costs more.
   */
  packed: boolean
}

/** The vectors of output channels that a workgroup computes: tiles of even width that leave few of them empty. */
function tileVectors(outChannels: number, tile: RowTile): { block: number; blocks: number } {
  const width = vectors(outChannels)
  const block = [4, 2, 1].find(size => width % size === 0 && size <= tile.vectors)!
  const columns = Math.ceil(width / mostVectors(block, tile))
  return { block, blocks: Math.ceil(width / columns / block) }
}

const mostVectors = (block: number, { vectors, singleVectors = vectors }: RowTile): number =>
  block > 1 ? vectors : Math.min(vectors, singleVectors)

/** Parts of a workgroup: no more than the output channels need. */
function partsOf(outChannels: number, tile: RowTile): number {
  const { block } = tileVectors(outChannels, tile)
  const needed = Math.ceil(vectors(outChannels) / mostVectors(block, tile))
  return Math.min(tile.parts ?? 1, 2 ** Math.ceil(Math.log2(needed)))
}

/** The rows and the vectors of output channels of a workgroup, and its invocations. */
export function rowWorkgroup(
  outChannels: number,
  tile: RowTile,
): { rows: number; vectors: number; lanes: number } {
  const { block, blocks } = tileVectors(outChannels, tile)
  const parts = partsOf(outChannels, tile)
  return { rows: tile.lanes * tile.rows, vectors: block * blocks * parts, lanes: tile.lanes * parts }
}

/** The invocations of a subgroup that surely have the same output channels. Undefined if all of a workgroup have. */
export function uniformLanes(outChannels: number, tile: RowTile): number | undefined {
  return partsOf(outChannels, tile) > 1 ? tile.lanes : undefined
}

/** The constants of the shader, for sums of `terms` numbers, a multiple of 4. */
export function rowConstants(
  { outChannels, precision }: Pick<Conv2dOptions, 'outChannels' | 'precision'>,
  tile: RowTile,
  terms: number,
): Record<string, number> {
  const { block, blocks } = tileVectors(outChannels, tile)
  const together = block > 1 ? tile.together : 1 // Else registers would spill.
  return {
    PARTS: partsOf(outChannels, tile),
    PART_LANES: tile.lanes,
    LANE_ROWS: tile.rows,
    BLOCK: block,
    BLOCKS: blocks,
    STEP_VECTORS: tile.depth / 4,
    UNROLL: (tile.unroll / tile.together) * together,
    TOGETHER: together,
    PREFETCH: Number(tile.prefetch),
    PACKED: Number(tile.packed && precision === 'fp16'),
    PARTIAL_STEP: Number(terms % tile.depth > 0),
  }
}

/** The needs of a workgroup, at most: invocations, and bytes of memory for the rows of a step and, in conv2d_rows, for where their windows start. */
export const rowTileLimits = ({ lanes, rows, depth, parts = 1 }: RowTile) => ({
  lanes: lanes * parts,
  bytes: (lanes * rows + 2) * depth * 4 + lanes * rows * 8,
})
