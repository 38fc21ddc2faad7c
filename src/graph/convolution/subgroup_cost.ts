// The cost of conv2d_subgroup on a CPU, with its input in a buffer and in a texture. What costs are based on is in bench/NOTES.md.

import type { Conv2dOptions } from '../../kernels/convolution/conv2d.ts'
import { subgroupTile } from '../../kernels/convolution/subgroup_tile.ts'
import { vectors } from '../../kernels/layout.ts'
import type { Device } from './target.ts'
import { LEAST_LOADS } from './through_textures.ts'
import { tilesCost } from './tiles_cost.ts'

/** The share of a multiply-add's time that a texture saves: most of what the loads of the input take. */
const SAVED = 0.2
/** Of copying a vector into a texture, in multiply-adds. */
const COPY_COST = 40

/** How often the kernel loads each vector of its input: for each tile of output channels. By default with its own tile. */
export function subgroupInputLoads(
  { outChannels, kernel, stride }: Conv2dOptions,
  device: Device,
  tile = subgroupTile(outChannels, device),
): number {
  const taps = (kernel[0] * kernel[1]) / stride ** 2
  return taps * Math.ceil(vectors(outChannels) / tile.vectors)
}

/** The same with its input copied into a texture; infinite where it loads the input too seldom for that. */
export function subgroupTextureCost(options: Conv2dOptions, device: Device): number {
  if (subgroupInputLoads(options, device) < LEAST_LOADS) return Infinity
  const [n, h, w, c] = options.input
  return (1 - SAVED) * subgroupCost(options, device) + COPY_COST * n * h * w * vectors(c)
}

/** Multiply-adds of its tiles at the taps that are inside the map for some of a tile's pixels. By default with its own tile. */
export function subgroupCost(
  options: Conv2dOptions,
  device: Device,
  { pixels, vectors } = subgroupTile(options.outChannels, device),
): number {
  return tilesCost(options, { pixels: pixels * device.subgroupSize!, vectors })
}
