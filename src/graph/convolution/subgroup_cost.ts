// What conv2d_subgroup costs on a CPU, with buffers and with textures. What costs are based on is in bench/NOTES.md.

import type { Conv2dOptions } from '../../kernels/conv2d.ts'
import { subgroupTile } from '../../kernels/conv2d_subgroup.ts'
import { windowedSize } from '../../kernels/geometry.ts'
import { vectors } from '../../kernels/layout.ts'
import type { Device } from './target.ts'
import { LEAST_LOADS } from './through_textures.ts'
import { tilesCost } from './tiles_cost.ts'

/** What the loads of an input take of a multiply-add's time, and what of it a texture saves. */
const SAVED = { input: 0.2, weight: 0.1 }
/** Of copying a vector into a texture, in multiply-adds. */
const COPY_COST = 40

/**
 * How often the kernel loads each vector of its inputs: for each tile of output channels, or of pixels. By default with its own
 * tile.
 */
export function subgroupLoads(
  { input, outChannels, kernel, ...options }: Conv2dOptions,
  device: Device,
  tile = subgroupTile(outChannels, device),
) {
  const [n, h, w] = input
  const out = windowedSize({ h, w }, { kernel, ...options })
  const taps = (kernel[0] * kernel[1]) / options.stride ** 2
  return {
    input: taps * Math.ceil(vectors(outChannels) / tile.vectors),
    weight: Math.ceil((n * out.h * out.w) / (tile.pixels * device.subgroupSize!)),
  }
}

/** The same with those inputs copied into textures that it loads often enough; more than that if there are none. */
export function subgroupTextureCost(options: Conv2dOptions, device: Device): number {
  const { input, outChannels, kernel } = options
  const [n, h, w, c] = input
  const copied = {
    input: n * h * w * vectors(c),
    weight: kernel[0] * kernel[1] * vectors(c) * 4 * vectors(outChannels),
  }
  const loads = subgroupLoads(options, device)
  const all = subgroupCost(options, device)
  const names = (['input', 'weight'] as const).filter(name => loads[name] >= LEAST_LOADS)
  if (names.length === 0) return Infinity
  return names.reduce((cost, name) => cost - SAVED[name] * all + COPY_COST * copied[name], all)
}

/** Multiply-adds of its tiles at the taps that are inside the map for some of a tile's pixels. By default with its own tile. */
export function subgroupCost(
  options: Conv2dOptions,
  device: Device,
  { pixels, vectors } = subgroupTile(options.outChannels, device),
): number {
  return tilesCost(options, { pixels: pixels * device.subgroupSize!, vectors })
}
