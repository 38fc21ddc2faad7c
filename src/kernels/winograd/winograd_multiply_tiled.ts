import type { Kernel } from '../../gpu/kernel.ts'
import { constantOf } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import type { WinogradStepOptions } from './winograd.ts'
import { batchedProduct } from './winograd_multiply.ts'

/** Tiles, and vectors of output channels, of a workgroup at one point. */
export const TILED_MULTIPLY_TILE = {
  tiles: constantOf(shaders.winograd_multiply_tiled, 'WORKGROUP_TILES'),
  vectors: constantOf(shaders.winograd_multiply_tiled, 'WORKGROUP_VECTORS'),
}

/** `winogradMultiply` for hardware GPUs. */
export const winogradMultiplyTiled = (options: WinogradStepOptions): Kernel => ({
  shader: shaders.winograd_multiply_tiled,
  ...batchedProduct(options, TILED_MULTIPLY_TILE),
})
