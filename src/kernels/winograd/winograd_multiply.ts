import type { Kernel } from '../../gpu/kernel.ts'
import { constantOf } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { vectors } from '../layout.ts'
import { tileBytes, type WinogradStepOptions, winogradPoints, winogradWeightBytes } from './winograd.ts'

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

/** Tiles, and vectors of output channels, of a workgroup at one point. */
export const TILED_MULTIPLY_TILE = {
  tiles: constantOf(shaders.winograd_multiply_tiled, 'WORKGROUP_TILES'),
  vectors: constantOf(shaders.winograd_multiply_tiled, 'WORKGROUP_VECTORS'),
}

/**
 * Products of tiles and weights at each of Winograd's points: [points, points, tiles, input channels] → [points, points, tiles,
 * output channels]. For hardware GPUs.
 */
export const winogradMultiplyTiled = (options: WinogradStepOptions): Kernel => ({
  shader: shaders.winograd_multiply_tiled,
  ...batchedProduct(options, TILED_MULTIPLY_TILE),
})
