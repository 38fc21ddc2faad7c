import type { Kernel } from '../../gpu/kernel.ts'
import { constantOf } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { type RowTile, rowConstants, rowWorkgroup, uniformLanes } from '../convolution/row_products.ts'
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
function batchedProduct(options: WinogradStepOptions, tile: { tiles: number; vectors: number }) {
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

/** `winogradMultiplyTiled` for GPUs of AMD and Intel. */
export function winogradMultiplyRows(options: WinogradStepOptions & { tile: RowTile }): Kernel {
  const { input, outChannels, tile } = options
  const { rows, vectors: columns } = rowWorkgroup(outChannels, tile)
  return {
    shader: shaders.winograd_multiply_rows,
    uniformLanes: uniformLanes(outChannels, tile),
    constants: rowConstants(options, tile, vectors(input[3]) * 4),
    ...batchedProduct(options, { tiles: rows, vectors: columns }),
  }
}

/** Vectors of input channels of a workgroup. Of output channels it has one vector for each lane. */
export function backwardRows(inChannels: number, subgroupSize: number): number {
  // Not at the top of the module: a program that does not train has no such shader.
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
