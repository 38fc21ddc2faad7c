import type { Kernel } from '../../gpu/kernel.ts'
import { constantOf } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { vectors } from '../layout.ts'
import { tileBytes, type WinogradStepOptions, winogradPoints, winogradWeightBytes } from './winograd.ts'

const LANE_TILES = constantOf(shaders.winograd_multiply, 'LANE_TILES')
const MOST_VECTORS = constantOf(shaders.winograd_multiply, 'LANE_VECTORS')

/** The tiles and the vectors of output channels that a workgroup computes. */
export const multiplyTile = (subgroupSize: number) => ({
  tiles: LANE_TILES * subgroupSize,
  vectors: Math.min(MOST_VECTORS, subgroupSize),
})

/**
 * Products of tiles and weights at each of Winograd's points: [points, points, input vectors, tiles] → [points, points,
 * output vectors, tiles]. For adapters whose subgroups all have `subgroupSize` lanes.
 */
export function winogradMultiply(options: WinogradStepOptions & { subgroupSize: number }): Kernel {
  const { subgroupSize } = options
  const tile = multiplyTile(subgroupSize)
  return {
    shader: shaders.winograd_multiply,
    constants: { LANE_VECTORS: tile.vectors, SUBGROUP_SIZE: subgroupSize },
    ...batchedProduct(options, tile),
  }
}

/** The part of a kernel that all kernels of the product share. `tile` is what one workgroup computes, at one point. */
export function batchedProduct(options: WinogradStepOptions, tile: { tiles: number; vectors: number }) {
  const { label, outputs, input, outChannels, range } = options
  const inChannels = input[3]
  const points = winogradPoints(outputs) ** 2
  const tileGroups = Math.ceil(range.count / tile.tiles)
  const vectorGroups = Math.ceil(vectors(outChannels) / tile.vectors)
  return {
    label,
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
