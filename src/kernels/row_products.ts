// Tiles of the kernels that import lib/row_products.wgsl: conv2d_rows and winograd_multiply_rows.

import { vectors } from './layout.ts'

/** What a workgroup of such a kernel computes, and how. */
export interface RowTile {
  /** Invocations of a workgroup. */
  lanes: number
  /** Rows of an invocation. */
  rows: number
  /** Vectors of output channels of a workgroup, at most. */
  vectors: number
  /** Terms of the sum that a workgroup holds in workgroup memory at a time, a multiple of 4. */
  depth: number
  /**
   * Terms in a turn of the innermost loop. AMD's compiler loads the weights of several turns at once. Intel's, in Mesa, keeps two copies
   * of a sum that a turn adds to more than once, which spills registers.
   */
  unroll: number
  /** Whether a step is loaded while the one before is multiplied, which takes registers: for GPUs that have them to spare. */
  prefetch: boolean
}

/** The vectors of output channels that a workgroup computes: tiles of even width that leave few of them empty. */
export function tileVectors(outChannels: number, tile: RowTile): { block: number; blocks: number } {
  const width = vectors(outChannels)
  const block = [4, 2, 1].find(size => width % size === 0 && size <= tile.vectors)!
  const columns = Math.ceil(width / tile.vectors)
  return { block, blocks: Math.ceil(width / columns / block) }
}

/** The rows and the vectors of output channels of a workgroup. */
export function rowWorkgroup(outChannels: number, tile: RowTile): { rows: number; vectors: number } {
  const { block, blocks } = tileVectors(outChannels, tile)
  return { rows: tile.lanes * tile.rows, vectors: block * blocks }
}

/** The constants of the shader, for sums of `terms` numbers, a multiple of 4. */
export function rowConstants(outChannels: number, tile: RowTile, terms: number): Record<string, number> {
  const { block, blocks } = tileVectors(outChannels, tile)
  return {
    LANES: tile.lanes,
    LANE_ROWS: tile.rows,
    BLOCK: block,
    BLOCKS: blocks,
    STEP_VECTORS: tile.depth / 4,
    UNROLL: tile.unroll,
    PREFETCH: Number(tile.prefetch),
    PARTIAL_STEP: Number(terms % tile.depth > 0),
  }
}

/** Bytes of workgroup memory: the rows of a step, and in conv2d_rows where the window of each starts. */
export const rowTileBytes = ({ lanes, rows, depth }: RowTile): number =>
  (lanes * rows + 2) * depth * 4 + lanes * rows * 8
