// Winograd's convolution: its three kernels as often as its tiles need, and what they cost.

import type { Conv2dOptions } from '../../kernels/conv2d.ts'
import {
  tileRanges,
  type WinogradOptions,
  type WinogradOutputs,
  type WinogradStepOptions,
  winogradFits,
  winogradPoints,
  winogradTiles,
  winogradWeightBytes,
} from '../../kernels/winograd.ts'
import { winogradInput } from '../../kernels/winograd_input.ts'
import { MULTIPLY_TILE, winogradMultiply } from '../../kernels/winograd_multiply.ts'
import { TILED_MULTIPLY_TILE, winogradMultiplyTiled } from '../../kernels/winograd_multiply_tiled.ts'
import { winogradOutput } from '../../kernels/winograd_output.ts'
import type { AnyOp } from '../ir/graph.ts'
import type { FoldedWeights } from '../lower/folded_weights.ts'
import { type Operand, oneStep, type Step, scratch, tensors } from '../lower/step.ts'
import {
  biasOperand,
  type ConvolutionLayer,
  type ConvolutionStrategy,
  type LoweredConvolution,
  packed,
} from './strategy.ts'
import { type ConvolutionTarget, CPU_SUBGROUP, type Device, isCpu } from './target.ts'

/** What Winograd's steps leave for each other, at most: so that no layer's scratch sets the size of a network's arena. */
export const SCRATCH_BYTES = 12e6

/** Every adapter binds so much weight; more is not asked for. */
export const MOST_WEIGHT_BYTES = 128 * 2 ** 20

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
  supports(options, { subgroupSize = Infinity }) {
    const weightBytes = winogradWeightBytes(outputs, options.input[3], options.outChannels)
    const runs = weightBytes <= MOST_WEIGHT_BYTES && subgroupSize >= CPU_SUBGROUP
    return runs && winogradFits(options, outputs)
  },
  cost(options, { device, mode }) {
    const cpuTile = { ...MULTIPLY_TILE, tiles: MULTIPLY_TILE.tiles * CPU_SUBGROUP }
    const [tile, costs] = isCpu(device) ? [cpuTile, CPU_COSTS] : [TILED_MULTIPLY_TILE, GPU_COSTS]
    const tiled = { ...options, outputs }
    return forwardCost(tiled, tile, costs) + (mode === 'training' ? weightCost(tiled, costs) : 0)
  },
  weights: { winograd: outputs },
  leavesStatistics: false,
  lower: (layer, target) => lowerWinograd(layer, outputs, target),
})

function lowerWinograd(
  layer: ConvolutionLayer,
  outputs: WinogradOutputs,
  { device, mode }: ConvolutionTarget,
): LoweredConvolution {
  const { op, input, residual, weights } = layer
  const options = { ...layer.options, outputs }
  const folded = weights.winograd(outputs)
  const { steps, weight, bias } =
    mode === 'training' ? madeAnew(op, folded) : { steps: [], ...packed(folded) }
  const { product, step } = productOf(device)
  const ranges = tileRanges(options, { bytes: SCRATCH_BYTES, step })
  const byRange = ranges.flatMap((range): Step[] => {
    const label = ranges.length === 1 ? op.name : `${op.name}, tiles from ${range.first}`
    const some = { ...options, label, range }
    const multiply = product(some)
    const tiles = scratch(op, multiply.inputs.tiles, `tiles ${range.first}`)
    const products = scratch(op, multiply.outputs.products, `products ${range.first}`)
    const made = tensors({ products, residual, output: op.output })
    return [
      ...oneStep(op, winogradInput(some), { input, tiles }),
      { op, kernel: multiply, operands: { ...tensors({ tiles, products }), weight } },
      { op, kernel: winogradOutput(some), operands: { ...made, ...biasOperand(layer, bias) } },
    ]
  })
  return { steps: [...steps, ...byRange] }
}

/** Up to four times as large as the parameter, it is made where it is needed and does not stay. */
function madeAnew(op: AnyOp, { parts: [{ kernel, parameters }] }: FoldedWeights) {
  const weight: Operand = { workspaceBytes: kernel.outputs.packed }
  const bias: Operand = { tensor: scratch(op, kernel.outputs.packed_bias, 'bias') }
  const inputs = Object.entries(parameters).map(([name, parameter]) => [name, { parameter }])
  const operands = { ...Object.fromEntries(inputs), packed: weight, packed_bias: bias }
  return { steps: [{ op, kernel, operands }], weight, bias }
}

/** The kernel of Winograd's products, and how many tiles a workgroup of it takes. */
function productOf({ subgroupSize }: Device) {
  if (subgroupSize !== CPU_SUBGROUP)
    return { product: winogradMultiplyTiled, step: TILED_MULTIPLY_TILE.tiles }
  const product = (options: WinogradStepOptions) => winogradMultiply({ ...options, subgroupSize })
  return { product, step: MULTIPLY_TILE.tiles * subgroupSize }
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
