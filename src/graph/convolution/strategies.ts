// Every way to compute a convolution: the one table of them. What costs are based on is in bench/NOTES.md.

import { type Conv2dTile, conv2d } from '../../kernels/conv2d.ts'
import { conv2dSubgroup, subgroupTile } from '../../kernels/conv2d_subgroup.ts'
import { conv2dSubgroupMatrix, type SubgroupMatrix } from '../../kernels/conv2d_subgroup_matrix.ts'
import { conv2dTiled, conv2dTiledCost, conv2dTiledSplits, MOST_BRANCHES } from '../../kernels/conv2d_tiled.ts'
import { type ConvolutionStrategy, direct } from './strategy.ts'
import { subgroupCost, subgroupLoads, subgroupTextureCost } from './subgroup_cost.ts'
import { readsTextures, throughTextures } from './through_textures.ts'
import { winograd } from './winograd.ts'

/** Multiply-adds of matrix units for one of the cores beside them: 8 or more. */
const MATRIX_SPEED = 8

/**
 * `conv2d_tiled` with a fixed tile, for tuning to measure on the adapter at hand: no one tile is the best everywhere. It is never
 * chosen by estimate. Parts of sums are those of `conv2d_tiled`, so that results are the same to the bit.
 */
const tiled = <Name extends string>(name: Name, tile: Conv2dTile): ConvolutionStrategy<Name> =>
  direct({
    name,
    title: `tiles of ${tile.pixels} pixels × ${4 * tile.vectors} channels an invocation, ${tile.lanesX * tile.lanesY} invocations`,
    supports: (_, { isCpu }) => !isCpu,
    cost: () => Infinity,
    kernel: options => conv2dTiled({ ...options, tile }),
    split: {
      count: conv2dTiledSplits,
      kernel: (options, splits) => conv2dTiled({ ...options, tile, splits }),
    },
    leavesStatistics: true,
  })

/** Whether a workgroup's four matrices of sums leave enough of WebGPU's 16 KiB of workgroup memory for the operands. */
const fitsWorkgroup = (matrix: SubgroupMatrix | undefined): boolean =>
  matrix !== undefined && matrix.m * matrix.n <= 16 * 16

const all = [
  direct({
    name: 'conv2d',
    title: 'one invocation a tile of pixels and channels; runs everywhere',
    supports: () => true,
    // Of few channels the tiles of others would mostly be empty.
    cost: ({ input, outChannels }, { device }) =>
      !device.isCpu && (input[3] <= 8 || outChannels <= 16) ? 0 : Infinity,
    kernel: options => conv2d(options),
  }),
  direct({
    name: 'conv2d_subgroup',
    title: 'one subgroup a tile, weights broadcast to its lanes: for vector units of CPUs',
    supports: (_, { subgroupSize }) => subgroupSize !== undefined,
    cost: (options, { device }) => (device.isCpu ? subgroupCost(options, device) : Infinity),
    kernel: (options, device) => {
      const tile = subgroupTile(options.outChannels, device)
      return conv2dSubgroup({ ...options, tile, subgroupSize: device.subgroupSize! })
    },
    // With two vectors a lane loads one of eight channels for four pixels: slower than packed.
    readsUnpacked: ({ outChannels }) => subgroupTile(outChannels).vectors === 4,
    leavesStatistics: true,
  }),
  direct({
    name: 'conv2d_subgroup_texture',
    title: 'conv2d_subgroup, its input and its weight read through textures: for vector units of CPUs',
    supports: (_, device) => readsTextures(device),
    cost: (options, { device }) => subgroupTextureCost(options, device),
    kernel(options, device) {
      const tile = subgroupTile(options.outChannels, device)
      const kernel = conv2dSubgroup({ ...options, tile, subgroupSize: device.subgroupSize! })
      return throughTextures(kernel, device, subgroupLoads(options, device))
    },
    readsUnpacked: ({ outChannels }) => subgroupTile(outChannels).vectors === 4,
    leavesStatistics: true,
  }),
  direct({
    name: 'conv2d_tiled',
    title: 'tiles in workgroup memory, of a size that the shape decides: for hardware GPUs',
    supports: (_, { isCpu }) => !isCpu,
    cost: (options, { device }) => (device.isCpu ? Infinity : conv2dTiledCost(options)),
    kernel: options => conv2dTiled(options),
    branches: {
      most: MOST_BRANCHES,
      kernel: (options, splits) => conv2dTiled({ ...options, splits }),
    },
    split: {
      count: conv2dTiledSplits,
      kernel: (options, splits) => conv2dTiled({ ...options, splits }),
    },
    leavesStatistics: true,
  }),
  tiled('conv2d_tiled_4x4', { pixels: 4, vectors: 1, lanesX: 8, lanesY: 16 }),
  tiled('conv2d_tiled_4x8', { pixels: 4, vectors: 2, lanesX: 8, lanesY: 16 }),
  tiled('conv2d_tiled_4x8_small', { pixels: 4, vectors: 2, lanesX: 8, lanesY: 8 }),
  tiled('conv2d_tiled_8x8', { pixels: 8, vectors: 2, lanesX: 8, lanesY: 16 }),
  tiled('conv2d_tiled_8x8_small', { pixels: 8, vectors: 2, lanesX: 8, lanesY: 8 }),
  tiled('conv2d_tiled_4x8_large', { pixels: 4, vectors: 2, lanesX: 16, lanesY: 16 }),
  direct({
    name: 'conv2d_subgroup_matrix',
    title: 'products of f16 matrices that a subgroup makes in hardware',
    supports: ({ precision }, { subgroupSize = 0, subgroupMatrix }) =>
      precision === 'fp16' && fitsWorkgroup(subgroupMatrix) && subgroupSize >= 8 && subgroupSize <= 64,
    cost: (options, { device }) => (device.isCpu ? Infinity : conv2dTiledCost(options) / MATRIX_SPEED),
    kernel: (options, { subgroupSize, subgroupMatrix }) =>
      conv2dSubgroupMatrix({
        ...options,
        subgroupSize: subgroupSize!,
        subgroupMatrix: subgroupMatrix!,
      }),
  }),
  winograd('winograd_4', 4),
  winograd('winograd_3', 3),
  winograd('winograd_2', 2),
] as const

/** The name of a way to compute a convolution. */
export type Conv2dVariant = (typeof all)[number]['name']

export const strategies: readonly ConvolutionStrategy<Conv2dVariant>[] = all

export const conv2dVariants: readonly Conv2dVariant[] = strategies.map(({ name }) => name)

/** Variants that differ from conv2d_tiled in nothing but their tile. */
export const fixedTiles = conv2dVariants.filter(name => name.startsWith('conv2d_tiled_'))

/** The outputs along an axis of Winograd's tiles, where a variant computes by them. */
export function winogradOutputsOf(variant: Conv2dVariant) {
  const { weights } = strategies.find(({ name }) => name === variant)!
  return weights === 'packed' ? undefined : weights.winograd
}
