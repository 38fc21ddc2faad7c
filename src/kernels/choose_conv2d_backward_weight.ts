// How the gradient of a convolution's weight is computed: Winograd's tiles or not, and which variant, as bench/NOTES.md measured it.

import type { Kernel } from '../gpu/kernel.ts'
import { type ConvolutionTarget, CPU_SUBGROUP, MOST_WEIGHT_BYTES, tiles } from './choose_conv2d.ts'
import { type Conv2dBackwardWeightOptions, conv2dBackwardWeight } from './conv2d_backward_weight.ts'
import { conv2dBackwardWeightSubgroup } from './conv2d_backward_weight_subgroup.ts'
import { vectors } from './layout.ts'
import { tapsInside } from './tap_regions.ts'
import {
  type WinogradOptions,
  winogradFits,
  winogradPoints,
  winogradTiles,
  winogradWeightBytes,
} from './winograd.ts'
import { MOST_BACKWARD_ROWS } from './winograd_multiply_backward.ts'

// In multiply-adds, of which both products do 17 a nanosecond on CPU adapters: a value that winograd_input or winograd_output_backward
// loads or stores, and one that winograd_weight_backward does, whose stores are far apart.
const VALUE_COST = 18
const WEIGHT_VALUE_COST = 36

type Winograd = WinogradOptions & { subgroupSize: number }

/** Of an image's three channels the lanes of a subgroup would load every other vector in vain. */
export function chooseConv2dBackwardWeight(
  options: Conv2dBackwardWeightOptions,
  { subgroupSize }: ConvolutionTarget,
): Kernel {
  return subgroupSize === CPU_SUBGROUP && options.input[3] > 4
    ? conv2dBackwardWeightSubgroup({ ...options, subgroupSize })
    : conv2dBackwardWeight(options)
}

/**
 * Winograd's tiles, with the subgroups that its product needs; undefined where `chooseConv2dBackwardWeight` is for it. The variant that
 * a convolution is told to be is its gradient's too. That weights learn is no reason against tiles: no weight is transformed.
 */
export function chooseWinogradBackwardWeight(
  gradient: Conv2dBackwardWeightOptions,
  { subgroupSize = 0, variant }: ConvolutionTarget,
): Winograd | undefined {
  if (subgroupSize < 8) return undefined
  const options = { ...gradient, activation: 'none' } as const
  const { input, outChannels } = options
  const told = Object.entries(tiles).find(([name]) => name === variant)
  const candidates = Object.values(tiles)
    .filter(outputs => winogradFits(options, outputs))
    .filter(outputs => winogradWeightBytes(outputs, input[3], outChannels) <= MOST_WEIGHT_BYTES)
    .map(outputs => ({ ...options, outputs, subgroupSize }))
  if (variant !== undefined) return candidates.find(({ outputs }) => outputs === told?.[1])
  if (subgroupSize !== CPU_SUBGROUP) return undefined
  const costs = candidates.map(choice => ({ choice, cost: winogradCost(choice) }))
  const [best] = costs.sort((a, b) => a.cost - b.cost)
  return best && best.cost < directCost(options) ? best.choice : undefined
}

function winogradCost(options: Winograd): number {
  const { outputs, input, outChannels, subgroupSize } = options
  const inChannels = input[3]
  const points = winogradPoints(outputs) ** 2
  const { total } = winogradTiles(options)
  const rounded = (size: number, step: number) => Math.ceil(size / step) * step
  const rows = Math.min(MOST_BACKWARD_ROWS, vectors(inChannels))
  const products = points * total * rounded(inChannels, rows * 4) * rounded(outChannels, subgroupSize * 4)
  const values = total * (((outputs + 2) ** 2 + points) * inChannels + (points + outputs ** 2) * outChannels)
  return products + VALUE_COST * values + WEIGHT_VALUE_COST * (points + 9) * inChannels * outChannels
}

/** Multiply-adds with a tap inside the map. */
function directCost(options: Conv2dBackwardWeightOptions): number {
  const { input, outChannels } = options
  const [n, h, w, inChannels] = input
  return n * tapsInside({ h, w }, options) * inChannels * outChannels
}
