// Winograd's convolution: its three kernels as often as its tiles need, and what they cost.

import type { Kernel } from '../../gpu/kernel.ts'
import type { Conv2dOptions } from '../../kernels/convolution/conv2d.ts'
import { type RowTile, rowWorkgroup } from '../../kernels/convolution/row_products.ts'
import {
  tileRanges,
  type WinogradOptions,
  type WinogradOutputs,
  type WinogradStepOptions,
  winogradFits,
  winogradPoints,
  winogradTiles,
  winogradWeightBytes,
} from '../../kernels/winograd/winograd.ts'
import { winogradInputRows } from '../../kernels/winograd/winograd_input_rows.ts'
import { TILED_MULTIPLY_TILE, winogradMultiplyTiled } from '../../kernels/winograd/winograd_multiply.ts'
import { winogradOutputRows } from '../../kernels/winograd/winograd_output_rows.ts'
import type { AnyOp } from '../ir/graph.ts'
import type { PackedWeights } from '../lower/packed_weights.ts'
import { type Operand, oneStep, type Step, scratch, tensors } from '../lower/step.ts'
import { rowKernels, type SubgroupKernels, subgroupKernels } from './device_kernels.ts'
import {
  biasOperand,
  type ConvolutionLayer,
  type ConvolutionStrategy,
  type LoweredConvolution,
  packed,
} from './strategy.ts'
import type { Device, StrategyTarget } from './target.ts'
import { throughTextures } from './through_textures.ts'
import { vendorRowTiles } from './vendors.ts'

/** Bytes that Winograd's steps leave for each other, at most: so that no layer's scratch sets the size of a network's arena. */
export const SCRATCH_BYTES = 12e6
/**
 * The same on GPUs whose vendor is known, as those of computers: what every adapter binds. Then each layer of ResNet-50 at 513² is one range,
 * with several times the workgroups that keep a large GPU busy.
 */
const VENDOR_SCRATCH_BYTES = 128 * 2 ** 20

/** Every adapter binds so much weight; more is not asked for. */
export const MAX_WEIGHT_BYTES = 128 * 2 ** 20

// In multiply-adds, of which CPU adapters do 12 a nanosecond: a value that winograd_input or winograd_output loads or stores, one that
// winograd_weight stores, and a step more.
const CPU_COSTS = { value: 20, weight: 14, step: 0 }
// Not measured: a GPU has 20 to 100 multiply-adds for each float of its memory's bandwidth, and these kernels reach half of them; in
// the 2 µs that a step waits for another it does 20 million. With these costs large 3×3 layers of 64 channels and more go to
// Winograd's tiles, as they do in most libraries.
const GPU_COSTS = { value: 30, weight: 30, step: 20e6 }

/** Tiles of `outputs` × `outputs`. */
export const winograd = <Name extends string>(
  name: Name,
  outputs: WinogradOutputs,
): ConvolutionStrategy<Name> => ({
  name,
  title: `Winograd's tiles of ${outputs}×${outputs}`,
  supports: options =>
    winogradWeightBytes(outputs, options.input[3], options.outChannels) <= MAX_WEIGHT_BYTES &&
    winogradFits(options, outputs),
  cost(options, target) {
    return this.work(options, target)
  },
  work(options, { device, mode }) {
    const costs = device.isCpu ? CPU_COSTS : GPU_COSTS
    const tiled = { ...options, outputs }
    return (
      forwardCost(tiled, kernelsOf(device).tile(tiled), costs) +
      (mode === 'training' ? weightCost(tiled, costs) : 0)
    )
  },
  weights: { winograd: outputs },
  emitsStatistics: false,
  lower: (layer, target) => lowerWinograd(layer, outputs, target),
})

function lowerWinograd(
  layer: ConvolutionLayer,
  outputs: WinogradOutputs,
  { device, mode }: StrategyTarget,
): LoweredConvolution {
  const { op, input, residual, weights } = layer
  const options = { ...layer.options, outputs }
  const folded = weights.winograd(outputs)
  const { steps, weight, bias } =
    mode === 'training' ? repackedEachStep(op, folded) : { steps: [], ...packed(folded) }
  const kernels = kernelsOf(device)
  const ranges = tileRanges(options, { bytes: kernels.scratchBytes, step: kernels.tile(options).tiles })
  const byRange = ranges.flatMap((range): Step[] => {
    const label = ranges.length === 1 ? op.name : `${op.name}, tiles from ${range.first}`
    const some = { ...options, label, range }
    const multiply = kernels.product(some)
    const tiles = scratch(op, multiply.inputs.tiles, `tiles ${range.first}`)
    const products = scratch(op, multiply.outputs.products, `products ${range.first}`)
    const made = tensors({ products, residual, output: op.output })
    return [
      ...oneStep(op, kernels.input(some), { input, tiles }),
      { op, kernel: multiply, operands: { ...tensors({ tiles, products }), weight } },
      { op, kernel: kernels.output(some), operands: { ...made, ...biasOperand(layer, bias) } },
    ]
  })
  return { steps: [...steps, ...byRange] }
}

/** Up to four times as large as the parameter, it is made where it is needed and does not stay. */
function repackedEachStep(op: AnyOp, { parts: [{ kernel, parameters }] }: PackedWeights) {
  const weight: Operand = { workspaceBytes: kernel.outputs.packed }
  const bias: Operand = { tensor: scratch(op, kernel.outputs.packed_bias, 'bias') }
  const inputs = Object.entries(parameters).map(([name, parameter]) => [name, { parameter }])
  const operands = { ...Object.fromEntries(inputs), packed: weight, packed_bias: bias }
  return { steps: [{ op, kernel, operands }], weight, bias }
}

/** Winograd's three kernels on a device. */
interface WinogradKernels {
  input: typeof winogradInputRows
  product: (options: WinogradStepOptions) => Kernel
  output: typeof winogradOutputRows
  /** The tiles and vectors that a workgroup of the product computes. */
  tile(options: WinogradOptions): { tiles: number; vectors: number }
  /** Bytes that the steps leave for each other, at most. */
  scratchBytes: number
}

function kernelsOf(device: Device): WinogradKernels {
  const subgroup = device.isCpu ? subgroupKernels(device) : undefined
  return subgroup ? bySubgroups(device, subgroup) : byRows(device)
}

/** For hardware GPUs: what the steps leave for each other has the channels of a tile next to each other. */
function byRows(device: Device): WinogradKernels {
  const transforms = { input: winogradInputRows, output: winogradOutputRows }
  const tiles = vendorRowTiles(device)
  if (!tiles) {
    const tile = () => TILED_MULTIPLY_TILE
    return { ...transforms, product: winogradMultiplyTiled, tile, scratchBytes: SCRATCH_BYTES }
  }
  // A map has so few tiles that many rows of a large tile may be empty.
  const tileOf = (options: WinogradOptions, count = winogradTiles(options).total) => {
    const rows = (tile: RowTile) => roundUp(count, tile.lanes * tile.rows)
    const { large, small, half, winograd } = tiles
    if (half && options.precision === 'fp16') return half
    if (winograd) return winograd
    return rows(small) < rows(large) ? small : large
  }
  return {
    ...transforms,
    scratchBytes: VENDOR_SCRATCH_BYTES,
    product: options =>
      rowKernels(device)!.winogradMultiplyRows({ ...options, tile: tileOf(options, options.range.count) }),
    tile(options) {
      const { rows, vectors } = rowWorkgroup(options.outChannels, tileOf(options))
      return { tiles: rows, vectors }
    },
  }
}

/** For CPU adapters: what the steps leave for each other has the tiles of a channel next to each other. */
function bySubgroups(
  device: Device,
  { multiplyTile, winogradInput, winogradMultiply, winogradMultiplyTexture, winogradOutput }: SubgroupKernels,
): WinogradKernels {
  const subgroupSize = device.subgroupSize!
  return {
    input: winogradInput,
    product(options) {
      const kernel = winogradMultiplyTexture({ ...options, subgroupSize })
      const { tile_groups: weight, vector_groups: tiles } = kernel.params
      const reading = throughTextures(kernel, device, { tiles, weight })
      return reading.textures?.includes('tiles') ? reading : winogradMultiply({ ...options, subgroupSize })
    },
    output: winogradOutput,
    tile: () => multiplyTile(subgroupSize),
    scratchBytes: SCRATCH_BYTES,
  }
}

/** `tile` is what a workgroup of the product computes. */
function forwardCost(
  options: WinogradOptions,
  tile: { tiles: number; vectors: number },
  costs: typeof CPU_COSTS,
): number {
  const { outputs, input, outChannels } = options
  const points = winogradPoints(outputs) ** 2
  const { total } = winogradTiles(options)
  const products = points * roundUp(total, tile.tiles) * input[3] * roundUp(outChannels, tile.vectors * 4)
  return products + costs.value * winogradValues(options) + 2 * costs.step
}

/** Values that the kernels beside the product load and store. */
export function winogradValues(options: Conv2dOptions & { outputs: WinogradOutputs }): number {
  const { outputs, input, outChannels } = options
  const points = winogradPoints(outputs) ** 2
  const { total } = winogradTiles(options)
  return total * (((outputs + 2) ** 2 + points) * input[3] + (points + outputs ** 2) * outChannels)
}

/** Of making the weight's values at the points, rather than the nine that it has anyway. */
const weightCost = ({ outputs, input, outChannels }: WinogradOptions, costs: typeof CPU_COSTS): number =>
  costs.weight * (winogradPoints(outputs) ** 2 - 9) * input[3] * outChannels + costs.step

const roundUp = (size: number, step: number): number => Math.ceil(size / step) * step
