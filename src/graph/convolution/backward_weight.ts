// The gradient of a dense convolution's weight: by Winograd's tiles or not. What costs are based on is in bench/NOTES.md.

import type { Kernel } from '../../gpu/kernel.ts'
import type { Conv2dBackwardWeightOptions } from '../../kernels/convolution/conv2d_backward_weight.ts'
import { tapsInside } from '../../kernels/convolution/tap_regions.ts'
import {
  tileRanges,
  type WinogradOptions,
  winogradFits,
  winogradPoints,
  winogradTiles,
  winogradWeightBytes,
} from '../../kernels/winograd/winograd.ts'
import { winogradInput } from '../../kernels/winograd/winograd_input.ts'
import { backwardRows, winogradMultiplyBackward } from '../../kernels/winograd/winograd_multiply_backward.ts'
import { winogradOutputBackward } from '../../kernels/winograd/winograd_output_backward.ts'
import { winogradWeightBackward } from '../../kernels/winograd/winograd_weight_backward.ts'
import type { AnyOp } from '../ir/graph.ts'
import type { Parameter, Tensor } from '../ir/tensor.ts'
import { oneStep, type Step, scratch, tensors } from '../lower/step.ts'
import { summedGradient } from '../lower/summed_gradient.ts'
import { weightGradientKey } from './gradient_keys.ts'
import type { ConvolutionTarget } from './policy.ts'
import { strategies, winogradOutputsOf } from './strategies.ts'
import type { Candidate } from './strategy.ts'
import type { Device } from './target.ts'
import { throughTextures } from './through_textures.ts'
import { weightGradientKernel, weightGradientKernels } from './weight_gradient_kernels.ts'
import { MAX_WEIGHT_BYTES, SCRATCH_BYTES, winogradValues } from './winograd.ts'

// In multiply-adds, of which both products do 17 a nanosecond on CPU adapters: a value that winograd_input or winograd_output_backward
// loads or stores, and one that winograd_weight_backward does, whose stores are far apart.
const VALUE_COST = 18
const WEIGHT_VALUE_COST = 36

/** A weight's gradient to lower. */
interface WeightGradient {
  op: AnyOp
  options: Conv2dBackwardWeightOptions
  weight: Parameter
  input: Tensor
  gradient: Tensor
}

interface WeightGradientStrategy extends Candidate {
  lower(layer: WeightGradient): Step[]
}

/** The steps that leave the gradient of a dense convolution's weight. */
export const lowerWeightGradient = (layer: WeightGradient, target: ConvolutionTarget): Step[] =>
  chooseWeightGradient(layer.options, target).lower(layer)

/** Winograd's tiles where the caller forces them; else what was tuned, else what is estimated to be fastest. */
export function chooseWeightGradient(
  options: Conv2dBackwardWeightOptions,
  target: ConvolutionTarget,
): WeightGradientStrategy {
  const { device, policy } = target
  const tuned = policy?.tuned?.get(weightGradientKey(options))
  const isForced = policy?.forced?.({ ...options, activation: 'none' }, device) !== undefined
  if (tuned !== undefined && !isForced) {
    const found = weightGradientStrategies(options, target).find(({ name }) => name === tuned)
    if (found) return found
  }
  const tiles = chooseWinogradTiles(options, target)
  return tiles ? winogradStrategy(tiles, device) : directStrategy(weightGradientKernel(options, device))
}

/** All that tuning may choose. */
export const weightGradientStrategies = (
  options: Conv2dBackwardWeightOptions,
  { device, policy }: ConvolutionTarget,
): WeightGradientStrategy[] => [
  ...weightGradientKernels(options, device).map(([name, kernel]) => directStrategy(kernel, name)),
  ...(policy?.winograd === false
    ? []
    : winogradTilesFor(options, device).map(tiles => winogradStrategy(tiles, device))),
]

const directStrategy = (kernel: Kernel, name = kernel.shader.name): WeightGradientStrategy => ({
  name,
  work: kernel.macs!,
  lower: ({ op, input, gradient, weight }) =>
    summedGradient(kernel, {
      op,
      inputs: { input, output_gradient: gradient },
      depthwise: false,
      sum: weight,
    }),
})

const winogradStrategy = (tiles: Tiles, device: Device): WeightGradientStrategy => ({
  name: `winograd_${tiles.outputs}`,
  work: winogradCost(tiles),
  lower: layer => byWinograd(layer, tiles, device),
})

type Tiles = WinogradOptions & { subgroupSize: number }

/**
 * Winograd's tiles, with the subgroups that their product needs; undefined where the kernel without tiles is the better one. That weights
 * learn is no reason against tiles: no weight is transformed.
 */
function chooseWinogradTiles(
  options: Conv2dBackwardWeightOptions,
  { device, policy }: ConvolutionTarget,
): Tiles | undefined {
  const fitting = winogradTilesFor(options, device)
  const forced = policy?.forced?.({ ...options, activation: 'none' }, device)
  if (forced !== undefined) return fitting.find(({ outputs }) => outputs === winogradOutputsOf(forced))
  if (!device.isCpu || policy?.winograd === false) return undefined
  const costs = fitting.map(tiles => ({ tiles, cost: winogradCost(tiles) }))
  const [best] = costs.sort((a, b) => a.cost - b.cost)
  return best && best.cost < directCost(options) ? best.tiles : undefined
}

function winogradTilesFor(gradient: Conv2dBackwardWeightOptions, { subgroupSize }: Device): Tiles[] {
  if (subgroupSize === undefined) return []
  const options = { ...gradient, activation: 'none' } as const
  const { input, outChannels } = options
  return strategies
    .flatMap(({ weights }) => (weights === 'packed' ? [] : [weights.winograd]))
    .filter(outputs => winogradFits(options, outputs))
    .filter(outputs => winogradWeightBytes(outputs, input[3], outChannels) <= MAX_WEIGHT_BYTES)
    .map(outputs => ({ ...options, outputs, subgroupSize }))
}

/** Products are summed at the points, always in the order of the tiles; what lies between the steps is made for some at a time. */
function byWinograd({ op, weight, input, gradient }: WeightGradient, options: Tiles, device: Device): Step[] {
  const { outChannels, outputs } = options
  const inChannels = input.shape[3]
  const sums = scratch(op, winogradWeightBytes(outputs, inChannels, outChannels), 'sums')
  const ranges = tileRanges(options, { bytes: SCRATCH_BYTES, step: 1 })
  const summed = ranges.flatMap((range): Step[] => {
    const label = ranges.length === 1 ? op.name : `${op.name}, tiles from ${range.first}`
    const some = { ...options, label, range }
    const product = winogradMultiplyBackward({ ...some, accumulate: range.first > 0 })
    const multiply = throughTextures(product, device, {
      tiles: product.params.column_tiles,
      gradients: product.params.row_tiles,
    })
    const tiles = scratch(op, multiply.inputs.tiles, `tiles ${range.first}`)
    const gradients = scratch(op, multiply.inputs.gradients, `gradients ${range.first}`)
    return [
      ...oneStep(op, winogradInput(some), { input, tiles }),
      ...oneStep(op, winogradOutputBackward(some), { output_gradient: gradient, gradients }),
      ...oneStep(op, multiply, { tiles, gradients, sums }),
    ]
  })
  const kernel = winogradWeightBackward({ label: op.name, inChannels, outChannels, outputs })
  const operands = { ...tensors({ sums }), weight_gradient: { gradientOf: weight } }
  return [...summed, { op, kernel, operands }]
}

function winogradCost(options: Tiles): number {
  const { outputs, input, outChannels, subgroupSize } = options
  const inChannels = input[3]
  const points = winogradPoints(outputs) ** 2
  const { total } = winogradTiles(options)
  const rounded = (size: number, step: number) => Math.ceil(size / step) * step
  const rows = backwardRows(inChannels, subgroupSize)
  const products = points * total * rounded(inChannels, rows * 4) * rounded(outChannels, subgroupSize * 4)
  const values = VALUE_COST * winogradValues(options)
  return products + values + WEIGHT_VALUE_COST * (points + 9) * inChannels * outChannels
}

/** Multiply-adds with a tap inside the map. */
function directCost(options: Conv2dBackwardWeightOptions): number {
  const { input, outChannels } = options
  const [n, h, w, inChannels] = input
  return n * tapsInside({ h, w }, options) * inChannels * outChannels
}
