import type { Kernel } from '../../gpu/kernel.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import type { WinogradStepOptions } from './winograd.ts'
import { batchedProduct, multiplyTile } from './winograd_multiply.ts'

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
