import type { Kernel } from '../gpu/kernel.ts'
import { vectors } from './layout.ts'
import { tileBytes, type WinogradStepOptions, winogradPoints, winogradWeightBytes } from './winograd.ts'

/** Vectors of input channels of a workgroup, at most; of output channels it has one to a lane. */
export const MOST_BACKWARD_ROWS = 8

export interface WinogradMultiplyBackwardOptions extends WinogradStepOptions {
  subgroupSize: number
  /** Whether the products are added to those of other tiles, which `sums` holds already. */
  accumulate: boolean
}

/**
 * Products of inputs and gradients at each of Winograd's points, summed over the tiles: `tiles` [points, points, input vectors,
 * tiles], `gradients` [points, points, output vectors, tiles] → `sums` [points, points, in, output vectors]. For adapters whose
 * subgroups all have `subgroupSize` lanes, at least 8.
 */
export function winogradMultiplyBackward(options: WinogradMultiplyBackwardOptions): Kernel {
  const { label, outputs, input, outChannels, subgroupSize, range, accumulate } = options
  const inChannels = input[3]
  const points = winogradPoints(outputs) ** 2
  const rows = Math.min(MOST_BACKWARD_ROWS, vectors(inChannels))
  const rowTiles = Math.ceil(vectors(inChannels) / rows)
  const columnTiles = Math.ceil(vectors(outChannels) / subgroupSize)
  return {
    label,
    shader: 'winograd_multiply_backward',
    consts: { TILE_ROWS: rows },
    constants: { SUBGROUP_SIZE: subgroupSize },
    params: {
      tiles: range.count,
      in_vectors: vectors(inChannels),
      out_vectors: vectors(outChannels),
      row_tiles: rowTiles,
      column_tiles: columnTiles,
      accumulate: Number(accumulate),
    },
    inputs: {
      tiles: tileBytes(outputs, inChannels, range.count),
      gradients: tileBytes(outputs, outChannels, range.count),
    },
    outputs: { sums: winogradWeightBytes(outputs, inChannels, outChannels) },
    workgroups: points * rowTiles * columnTiles,
    macs: points * range.count * inChannels * outChannels,
  }
}
