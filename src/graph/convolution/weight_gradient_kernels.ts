// The kernels that compute the gradient of a dense convolution's weight without Winograd's tiles.

import type { Kernel } from '../../gpu/kernel.ts'
import {
  backwardWeightTile,
  type Conv2dBackwardWeightOptions,
  type Conv2dBackwardWeightTile,
  conv2dBackwardWeight,
  conv2dBackwardWeightSubgroup,
  conv2dBackwardWeightTiled,
  outputPixels,
} from '../../kernels/convolution/conv2d_backward_weight.ts'
import { weightGradientTile, weightGradientTiles } from './gradient_tiles.ts'
import type { Device } from './target.ts'

const PLAIN = 'conv2d_backward_weight'
const SUBGROUP = 'conv2d_backward_weight_subgroup'
const TILED = 'conv2d_backward_weight_tiled'

/** Vectors of channels of an invocation, at most: input × output. */
const TILES = [1, 2, 4].flatMap(rows => [1, 2, 4].map(columns => ({ rows, columns })))
/** Vectors of input channels of a subgroup. */
const SUBGROUP_ROWS = [2, 4, 8]
/** The splits that tuning tries, relative to those that a kernel takes by itself. Each has this many pixels at least. */
const SPLITS = [1 / 4, 1, 4]
const LEAST_PIXELS = 32

/** The kernel where nothing was tuned. Of an image's three channels the lanes of a subgroup would load every other vector in vain. */
export function weightGradientKernel(options: Conv2dBackwardWeightOptions, device: Device): Kernel {
  if (!device.isCpu)
    return conv2dBackwardWeightTiled({ ...options, tile: weightGradientTile(options, device) })
  return device.subgroupSize !== undefined && options.input[3] > 4
    ? bySubgroups(options, device)
    : conv2dBackwardWeight(options)
}

/** All that tuning may choose, by name: the kernels as they are, and with other tiles and splits. */
export function weightGradientKernels(
  options: Conv2dBackwardWeightOptions,
  device: Device,
): [name: string, kernel: Kernel][] {
  const { subgroupSize } = device
  const plain = uniqueTiles(options).flatMap(tile => {
    const make = (splits?: number) => conv2dBackwardWeight({ ...options, tile, splits })
    return withSplits(`${PLAIN} ${tileName(tile)}`, options, make)
  })
  const tiled = weightGradientTiles.flatMap(tile => {
    const make = (splits?: number) => conv2dBackwardWeightTiled({ ...options, tile, splits })
    return withSplits(`${TILED} ${tileName(tile)}, depth ${tile.depth}`, options, make)
  })
  const all: [string, Kernel][] = [[PLAIN, conv2dBackwardWeight(options)], ...plain, ...tiled]
  if (subgroupSize === undefined) return all
  const subgroup = SUBGROUP_ROWS.filter(rows => rows <= subgroupSize).flatMap(rows => {
    const make = (splits?: number) => bySubgroups(options, device, { rows, splits })
    return withSplits(`${SUBGROUP} ${4 * rows}×${4 * subgroupSize}`, options, make)
  })
  return [...all, [SUBGROUP, bySubgroups(options, device)], ...subgroup]
}

/** `4×8 of 32×64`: the input × output channels of an invocation, and those of its workgroup. */
const tileName = ({ rows, columns, lanesX, lanesY }: Conv2dBackwardWeightTile): string =>
  `${4 * rows}×${4 * columns} of ${4 * rows * lanesY}×${4 * columns * lanesX}`

function bySubgroups(
  options: Conv2dBackwardWeightOptions,
  device: Device,
  tile: { rows?: number; splits?: number } = {},
): Kernel {
  return conv2dBackwardWeightSubgroup({ ...options, ...tile, subgroupSize: device.subgroupSize! })
}

/** The kernel with its own splits, and with fewer and more. */
function withSplits(
  name: string,
  options: Conv2dBackwardWeightOptions,
  make: (splits?: number) => Kernel,
): [string, Kernel][] {
  const { splits } = make().params
  const most = Math.max(1, Math.floor(outputPixels(options) / LEAST_PIXELS))
  const tried = SPLITS.map(factor => Math.min(most, Math.max(1, Math.round(splits * factor))))
  return [...new Set(tried)].map(count => [`${name}, ${count} splits`, make(count)])
}

function uniqueTiles(options: Conv2dBackwardWeightOptions) {
  const tiles = TILES.map(most => backwardWeightTile(options, most))
  return [...new Map(tiles.map(tile => [JSON.stringify(tile), tile])).values()]
}
