// Which variant of the convolution runs: the one table of choices, each as bench/NOTES.md measured it.

import type { Kernel } from '../gpu/kernel.ts'
import { type Conv2dOptions, conv2d } from './conv2d.ts'
import { conv2dSubgroup } from './conv2d_subgroup.ts'
import { windowedSize } from './geometry.ts'
import {
  type WinogradOptions,
  type WinogradOutputs,
  winogradFits,
  winogradPoints,
  winogradTiles,
  winogradWeightBytes,
} from './winograd.ts'
import { MULTIPLY_TILE } from './winograd_multiply.ts'

/** What a choice may depend on besides the shape. */
export interface ConvolutionTarget {
  /** Lanes of every subgroup, where the adapter has subgroups of one size. */
  subgroupSize?: number
  /** In place of what is estimated to be fastest: Winograd's tiles of this size wherever they fit, or 0 for none. */
  winograd?: 0 | WinogradOutputs
}

/** Subgroups of 8 lanes are how CPU adapters present their vector units; there a load costs as much as ten multiply-adds. */
const CPU_SUBGROUP = 8

/** What every adapter binds: more weight than this is not asked for. */
const MOST_WEIGHT_BYTES = 128 * 2 ** 20

// In multiply-adds of conv2d_subgroup, of which CPU adapters do 11 a nanosecond: one of winograd_multiply, and a value that the
// other two steps load or store.
const PRODUCT_COST = 0.75
const VALUE_COST = 12

export function chooseConv2d(options: Conv2dOptions, { subgroupSize }: ConvolutionTarget): Kernel {
  return subgroupSize === CPU_SUBGROUP ? conv2dSubgroup({ ...options, subgroupSize }) : conv2d(options)
}

/** Winograd's tiles, with the subgroups that its product needs; undefined where `chooseConv2d` is for it. */
export function chooseWinograd(
  options: Conv2dOptions,
  { subgroupSize = 0, winograd }: ConvolutionTarget,
): (WinogradOptions & { subgroupSize: number }) | undefined {
  if (winograd === undefined ? subgroupSize !== CPU_SUBGROUP : subgroupSize < 8) return undefined
  const [inChannels, { outChannels }] = [options.input[3], options]
  const candidates = ([2, 3, 4] as const)
    .filter(outputs => winograd === undefined || outputs === winograd)
    .filter(outputs => winogradFits(options, outputs))
    .filter(outputs => winogradWeightBytes(outputs, inChannels, outChannels) <= MOST_WEIGHT_BYTES)
    .map(outputs => ({ ...options, outputs, subgroupSize }))
    .map(choice => ({ choice, cost: winogradCost(choice) }))
    .sort((a, b) => a.cost - b.cost)
  if (candidates.length === 0) return undefined
  const [{ choice, cost }] = candidates
  return winograd !== undefined || cost < directCost(options) ? choice : undefined
}

function winogradCost(options: WinogradOptions & { subgroupSize: number }): number {
  const { outputs, input, outChannels, subgroupSize } = options
  const points = winogradPoints(outputs) ** 2
  const { total } = winogradTiles(options)
  const rounded = (size: number, step: number) => Math.ceil(size / step) * step
  const rows = rounded(total, MULTIPLY_TILE.tiles * subgroupSize)
  const products = points * rows * input[3] * rounded(outChannels, MULTIPLY_TILE.vectors * 4)
  const values = total * (((outputs + 2) ** 2 + points) * input[3] + (points + outputs ** 2) * outChannels)
  return PRODUCT_COST * products + VALUE_COST * values
}

/** Multiply-adds with a tap inside the map. */
function directCost(options: Conv2dOptions): number {
  const { input, outChannels, kernel, stride, dilation, padding } = options
  const [n, inH, inW, inChannels] = input
  const out = windowedSize({ h: inH, w: inW }, options)
  const inside = (size: number, along: { output: number; taps: number; before: number }) => {
    let count = 0
    for (let o = 0; o < along.output; o++)
      for (let tap = 0; tap < along.taps; tap++) {
        const at = o * stride - along.before + tap * dilation
        if (at >= 0 && at < size) count++
      }
    return count
  }
  const rows = inside(inH, { output: out.h, taps: kernel[0], before: padding.top })
  const columns = inside(inW, { output: out.w, taps: kernel[1], before: padding.left })
  return n * rows * columns * inChannels * outChannels
}
