// Winograd's products for adapters whose subgroups have one size.

import type { Kernel } from '../../gpu/kernel.ts'
import { constantOf } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import type { WinogradStepOptions } from './winograd.ts'
import { batchedProduct } from './winograd_multiply.ts'

const LANE_TILES = constantOf(shaders.winograd_multiply, 'LANE_TILES')
const MAX_VECTORS = constantOf(shaders.winograd_multiply, 'LANE_VECTORS')

/** The tiles and the vectors of output channels that a workgroup computes. */
export const multiplyTile = (subgroupSize: number) => ({
  tiles: LANE_TILES * subgroupSize,
  vectors: Math.min(MAX_VECTORS, subgroupSize),
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

/**
 * `winogradMultiply` with a loop that is faster where tiles and weight are read through textures. Its tile and its order of summation
 * are the same, and so are the bits of its results.
 */
export function winogradMultiplyTexture(options: WinogradStepOptions & { subgroupSize: number }): Kernel {
  const { subgroupSize } = options
  const tile = multiplyTile(subgroupSize)
  return {
    shader: shaders.winograd_multiply_texture,
    constants: { LANE_VECTORS: tile.vectors, SUBGROUP_SIZE: subgroupSize },
    ...batchedProduct(options, tile),
  }
}
