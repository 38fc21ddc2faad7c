import type { Kernel } from '../../gpu/kernel.ts'
import { constantOf } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { vectors } from '../layout.ts'
import { tileBytes, type WinogradStepOptions, winogradPoints, winogradWeightBytes } from './winograd.ts'

/** Vectors of input channels of a workgroup. Of output channels it has one vector for each lane. */
export function backwardRows(inChannels: number, subgroupSize: number): number {
  const most = constantOf(shaders.winograd_multiply_backward, 'LANE_IN_VECTORS')
  return Math.min(most, subgroupSize, vectors(inChannels))
}

export interface WinogradMultiplyBackwardOptions extends WinogradStepOptions {
  subgroupSize: number
  /** Whether to add the products to those of other tiles, which `sums` holds before. */
  accumulate: boolean
}

/**
 * Products of inputs and gradients at each of Winograd's points, summed over the tiles: `tiles` [points, points, input
 * vectors, tiles], `gradients` [points, points, output vectors, tiles] → `sums` [points, points, in, output vectors].
 * For adapters whose subgroups all have `subgroupSize` lanes.
 */
export function winogradMultiplyBackward(options: WinogradMultiplyBackwardOptions): Kernel {
  const { label, outputs, input, outChannels, subgroupSize, range, accumulate } = options
  const inChannels = input[3]
  const points = winogradPoints(outputs) ** 2
  const rows = backwardRows(inChannels, subgroupSize)
  const rowTiles = Math.ceil(vectors(inChannels) / rows)
  const columnTiles = Math.ceil(vectors(outChannels) / subgroupSize)
  return {
    label,
    shader: shaders.winograd_multiply_backward,
    constants: { LANE_IN_VECTORS: rows, SUBGROUP_SIZE: subgroupSize },
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
