// Every strategy of a convolution: the one table of them. What costs are based on is in bench/NOTES.md.

import type { Kernel } from '../../gpu/kernel.ts'
import {
  type Conv2dOptions,
  type Conv2dTile,
  conv2d,
  gpuRegisterTile,
  registerTile,
} from '../../kernels/convolution/conv2d.ts'
import {
  type Conv2dBranches,
  conv2dTiled,
  conv2dTiledCost,
  conv2dTiledSplits,
  emitsStatistics,
  MAX_BRANCHES,
  type StagedTile,
} from '../../kernels/convolution/conv2d_tiled.ts'
import type { RowTile } from '../../kernels/convolution/row_products.ts'
import { chooseRowTile, conv2dRowsCost, conv2dRowsSplits } from '../../kernels/convolution/row_tiles.ts'
import { type SubgroupTile, subgroupTile } from '../../kernels/convolution/subgroup_tile.ts'
import { matrixKernel, rowKernels, subgroupKernels } from './device_kernels.ts'
import {
  registerTiles,
  rowTileName,
  rowTiles,
  stagedTileName,
  stagedTiles,
  subgroupTileName,
  subgroupTiles,
  tileName,
} from './space.ts'
import { type ConvolutionStrategy, direct, type TiledKernel } from './strategy.ts'
import { subgroupCost, subgroupInputLoads, subgroupTextureCost } from './subgroup_cost.ts'
import type { Device } from './target.ts'
import { readsTextures, throughTextures } from './through_textures.ts'
import { tilesCost } from './tiles_cost.ts'
import { inSmallSubgroups, stagedCost, vendorRowTiles, vendorTile } from './vendors.ts'
import { winograd } from './winograd.ts'

const conv2dWith = (
  tileOf = ({ outChannels }: Conv2dOptions, { isCpu }: Device): Conv2dTile =>
    isCpu ? registerTile(outChannels) : gpuRegisterTile(outChannels),
): TiledKernel => ({
  work: (options, { device }) => {
    const { pixels, lanesX, vectors } = tileOf(options, device)
    return tilesCost(options, { pixels, vectors: lanesX * vectors })
  },
  kernel: (options, device) => conv2d({ ...options, tile: tileOf(options, device) }),
})

/** `conv2d_subgroup`. `textures` makes it read some inputs through textures. */
const subgroupWith = (
  tile?: SubgroupTile,
  textures = (kernel: Kernel, _options: Conv2dOptions, _device: Device) => kernel,
): TiledKernel => ({
  work: (options, { device }) => subgroupCost(options, device, tile),
  kernel(options, device) {
    const { outChannels } = options
    const chosen = tile ?? subgroupTile(outChannels, device)
    const subgroupSize = device.subgroupSize!
    const { conv2dSubgroup } = subgroupKernels(device)!
    return textures(conv2dSubgroup({ ...options, tile: chosen, subgroupSize }), options, device)
  },
  // With two vectors a lane loads one of eight channels for four pixels: slower than packed.
  readsUnpacked: ({ outChannels }) => (tile ?? subgroupTile(outChannels)).vectors === 4,
  emitsStatistics: true,
})

const textureWith = (tile?: SubgroupTile): TiledKernel =>
  subgroupWith(tile, (kernel, options, device) =>
    throughTextures(kernel, device, { input: subgroupInputLoads(options, device, tile) }),
  )

const tiledWith = (tile: StagedTile, splits: number): TiledKernel => ({
  work: options => conv2dTiledCost(options, tile),
  kernel: options => conv2dTiled({ ...options, tile }),
  split: {
    count: () => splits,
    kernel: options => conv2dTiled({ ...options, tile, splits }),
  },
  emitsStatistics: emitsStatistics(tile),
})

const rowsWith = (tileOf: (options: Conv2dOptions, device: Device) => RowTile): TiledKernel => ({
  work: (options, { device }) => conv2dRowsCost(options, tileOf(options, device)),
  kernel: (options, device) => rowKernels(device)!.conv2dRows({ ...options, tile: tileOf(options, device) }),
  split: {
    count: (options, device) =>
      conv2dRowsSplits(options, tileOf(options, device), vendorRowTiles(device)?.enoughLanes),
    kernel: (options, splits, device) =>
      rowKernels(device)!.conv2dRows({ ...options, splits, tile: tileOf(options, device) }),
  },
})

/** The vendor's, for a device that has them. */
const vendorsRows = rowsWith((options, device) => chooseRowTile(options, vendorRowTiles(device)!))

/** The vendor's tile, or the one that the shape decides. */
const vendorsTiled = (options: Conv2dBranches, splits: number, device: Device): Kernel =>
  inSmallSubgroups(conv2dTiled({ ...options, splits, tile: vendorTile(device) }), device)

/** Each tile with whole sums and, where they would keep few processors busy, with split ones. */
const tiledTiles = (options: Conv2dOptions, device: Device): [string, TiledKernel][] =>
  stagedTiles(device).flatMap(tile => {
    const splits = conv2dTiledSplits(options, tile)
    const name = stagedTileName(tile)
    const whole = [name, tiledWith(tile, 1)] as [string, TiledKernel]
    return splits > 1 ? [whole, [`${name}, ${splits} splits`, tiledWith(tile, splits)]] : [whole]
  })

const all = [
  direct({
    name: 'conv2d',
    title: 'one invocation a tile of pixels and channels; runs everywhere',
    supports: () => true,
    // Of few channels the tiles of others would mostly be empty.
    cost: ({ input, outChannels }, { device }) =>
      !device.isCpu && !vendorRowTiles(device) && (input[3] <= 8 || outChannels <= 16) ? 0 : Infinity,
    ...conv2dWith(),
    tiles: ({ outChannels }) =>
      registerTiles(outChannels).map(tile => [tileName(tile), conv2dWith(() => tile)]),
  }),
  direct({
    name: 'conv2d_subgroup',
    title: 'one subgroup a tile, weights broadcast to its lanes: for vector units of CPUs',
    supports: (_, device) => subgroupKernels(device) !== undefined,
    cost: (options, { device }) => (device.isCpu ? subgroupCost(options, device) : Infinity),
    ...subgroupWith(),
    tiles: ({ outChannels }) =>
      subgroupTiles(outChannels).map(tile => [subgroupTileName(tile), subgroupWith(tile)]),
  }),
  direct({
    name: 'conv2d_subgroup_texture',
    title: 'conv2d_subgroup, its input read through a texture: for vector units of CPUs',
    supports: (_, device) => readsTextures(device),
    cost: (options, { device }) => subgroupTextureCost(options, device),
    ...textureWith(),
    tiles: ({ outChannels }) =>
      subgroupTiles(outChannels).map(tile => [subgroupTileName(tile), textureWith(tile)]),
  }),
  direct({
    name: 'conv2d_tiled',
    title: 'tiles in workgroup memory, of a size that the shape decides: for hardware GPUs',
    supports: () => true,
    cost: (options, { device }) => (device.isCpu ? Infinity : conv2dTiledCost(options) * stagedCost(device)),
    work: options => conv2dTiledCost(options),
    kernel: (options, device) => vendorsTiled(options, 1, device),
    branches: { most: MAX_BRANCHES, kernel: vendorsTiled },
    split: { count: options => conv2dTiledSplits(options), kernel: vendorsTiled },
    emitsStatistics: true,
    tiles: tiledTiles,
  }),
  direct({
    name: 'conv2d_rows',
    title: 'rows in workgroup memory, weights shared by a workgroup: for GPUs of AMD and Intel',
    supports: (_, device) => vendorRowTiles(device) !== undefined,
    cost: (options, target) => vendorsRows.work(options, target),
    ...vendorsRows,
    tiles: (_, device) =>
      rowTiles(vendorRowTiles(device)!, device).map(tile => [rowTileName(tile), rowsWith(() => tile)]),
  }),
  direct({
    name: 'conv2d_subgroup_matrix',
    title: 'products of f16 matrices that a subgroup makes in hardware',
    supports: ({ precision }, device) => precision === 'fp16' && matrixKernel(device) !== undefined,
    // It never ran on matrix units.
    cost: () => Infinity,
    work: options => conv2dTiledCost(options),
    kernel: (options, device) => {
      const { conv2dSubgroupMatrix, MATRIX_LANES: subgroupSize } = matrixKernel(device)!
      return conv2dSubgroupMatrix({ ...options, subgroupSize, subgroupMatrix: device.subgroupMatrix! })
    },
  }),
  winograd('winograd_4', 4),
  winograd('winograd_3', 3),
  winograd('winograd_2', 2),
] as const

/** The name of a strategy. */
export type Conv2dVariant = (typeof all)[number]['name']

/** The name of a strategy, or that and the name of one of its tiles. */
export type Conv2dChoice = Conv2dVariant | `${Conv2dVariant} ${string}`

export const strategies: readonly ConvolutionStrategy<Conv2dVariant>[] = all

export const conv2dVariants: readonly Conv2dVariant[] = strategies.map(({ name }) => name)

/** The outputs along an axis of Winograd's tiles, where a strategy computes by them. */
export function winogradOutputsOf(strategy: string) {
  const weights = strategies.find(({ name }) => name === strategy)?.weights
  return weights === undefined || weights === 'packed' ? undefined : weights.winograd
}
