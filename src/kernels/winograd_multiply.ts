import type { Kernel } from '../gpu/kernel.ts'
import { vectors } from './layout.ts'
import { tileBytes, type WinogradStepOptions, winogradPoints, winogradWeightBytes } from './winograd.ts'

/** Tiles a lane, and vectors of output channels. */
export const MULTIPLY_TILE = { tiles: 3, vectors: 4 }

/**
 * Products of tiles and weights at each of Winograd's points: [points, points, input vectors, tiles] → [points, points, output
 * vectors, tiles]. For adapters whose subgroups all have `subgroupSize` lanes, at least 8.
 */
export function winogradMultiply(options: WinogradStepOptions & { subgroupSize: number }): Kernel {
  const { label, outputs, input, outChannels, subgroupSize, range } = options
  const inChannels = input[3]
  const points = winogradPoints(outputs) ** 2
  const tileGroups = Math.ceil(range.count / (MULTIPLY_TILE.tiles * subgroupSize))
  const vectorGroups = Math.ceil(vectors(outChannels) / MULTIPLY_TILE.vectors)
  return {
    label,
    shader: 'winograd_multiply',
    constants: { SUBGROUP_SIZE: subgroupSize },
    params: {
      tiles: range.count,
      in_vectors: vectors(inChannels),
      out_vectors: vectors(outChannels),
      tile_groups: tileGroups,
      vector_groups: vectorGroups,
    },
    inputs: {
      tiles: tileBytes(outputs, inChannels, range.count),
      weight: winogradWeightBytes(outputs, inChannels, outChannels),
    },
    outputs: { products: tileBytes(outputs, outChannels, range.count) },
    workgroups: points * tileGroups * vectorGroups,
    macs: points * range.count * inChannels * outChannels,
  }
}
