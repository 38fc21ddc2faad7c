// The kernels of a convolution: one, two where its sums are split, or the three of Winograd's as often as its tiles need.

import {
  type ConvolutionTarget,
  chooseConv2d,
  chooseWinograd,
  readsUnpacked,
} from '../../kernels/choose_conv2d.ts'
import type { Conv2dOptions } from '../../kernels/conv2d.ts'
import { conv2dMerge } from '../../kernels/conv2d_merge.ts'
import { type Conv2dBranches, conv2dTiled, conv2dTiledSplits } from '../../kernels/conv2d_tiled.ts'
import { tileRanges, type WinogradStepOptions } from '../../kernels/winograd.ts'
import { winogradInput } from '../../kernels/winograd_input.ts'
import { MULTIPLY_TILE, winogradMultiply } from '../../kernels/winograd_multiply.ts'
import { TILED_MULTIPLY_TILE, winogradMultiplyTiled } from '../../kernels/winograd_multiply_tiled.ts'
import { winogradOutput } from '../../kernels/winograd_output.ts'
import type { Conv2dOp, Op, Tensor } from '../ir/graph.ts'
import { type ConvolutionWeights, convolutionWeights, type FoldedWeights } from './folded_weights.ts'
import { type Operand, type Step, scratch, tensors } from './step.ts'

/** What Winograd's steps leave for each other, at most: so that no layer's sets the size of a network's arena. */
export const SCRATCH_BYTES = 12e6

/** A convolution that is an op, or the gradient of one. */
export interface Convolution {
  op: Op
  options: Conv2dOptions
  input: Tensor
  /** What is added, where that does not lie in the output already. */
  residual?: Tensor
  /** In place of the weights' own. */
  imageBias?: Tensor
  weights: ConvolutionWeights
}

export function lowerConv2d(op: Conv2dOp, target: ConvolutionTarget): Step[] {
  const residual = op.inPlace ? undefined : op.inputs.residual
  const [options, weights] = [convolutionOf(op), convolutionWeights(op)]
  return lowerConvolution({ op, ...op.inputs, residual, options, weights }, target)
}

/** Its steps, the last of which leave `op.output`. */
export function lowerConvolution(convolution: Convolution, target: ConvolutionTarget): Step[] {
  const { op, options, input, residual } = convolution
  const winograd = chooseWinograd(options, target)
  if (winograd) return lowerWinograd(convolution, winograd, target)
  const { unpacked, weight, bias } = directWeight(convolution, target)
  const operands: Record<string, Operand> = {
    ...tensors({ input, residual, output: op.output }),
    weight,
    ...biasOperand(convolution, bias),
  }
  return splitWhereFew({ op, kernel: chooseConv2d({ ...options, unpacked }, target), operands }, options)
}

/** The weight itself, where every run would have to pack it and the kernel reads it as well; else packed. */
function directWeight({ options, weights }: Convolution, target: ConvolutionTarget) {
  const { itself } = weights
  if (!itself || (itself.unpacked && !(target.learning && readsUnpacked(options, target))))
    return { ...kept(weights.direct()), unpacked: false }
  return { weight: { parameter: itself.parameter }, bias: undefined, unpacked: itself.unpacked }
}

/** The bias, if there is one: that of the images or, where these have none, what belongs to the weight. */
function biasOperand({ options, imageBias }: Convolution, own?: Operand): Record<string, Operand> {
  const bias = imageBias ? { tensor: imageBias } : own
  return bias && options.bias !== 'none' ? { bias } : {}
}

/** A step as it is or, where its workgroups would leave a large GPU idle, one for shares of its sums and one that adds them up. */
export function splitWhereFew(step: Step, options: Conv2dBranches): Step[] {
  const splits = step.kernel.shader === 'conv2d_tiled' ? conv2dTiledSplits(options) : 1
  if (splits === 1) return [step]
  const { op, operands } = step
  const { outChannels, branches = [options] } = options
  const { input, weight, ...others } = operands
  const kernel = conv2dTiled({ ...options, splits })
  const shares = tensors({ partials: scratch(op, kernel.outputs.partials) })
  return [
    { op, kernel, operands: { input, weight, ...shares } },
    {
      op,
      kernel: conv2dMerge({ ...options, outChannels: outChannels * branches.length, splits }),
      operands: { ...others, ...shares },
    },
  ]
}

type Winograd = NonNullable<ReturnType<typeof chooseWinograd>>

function lowerWinograd(
  convolution: Convolution,
  options: Winograd,
  { learning = false }: ConvolutionTarget,
): Step[] {
  const { op, input, residual, weights } = convolution
  const folded = weights.winograd(options.outputs)
  const { steps, weight, bias } = learning ? madeAnew(op, folded) : kept(folded)
  const { product, step } = productOf(options)
  const ranges = tileRanges(options, { bytes: SCRATCH_BYTES, step })
  const bySome = ranges.flatMap((range): Step[] => {
    const label = ranges.length === 1 ? op.name : `${op.name}, tiles from ${range.first}`
    const some = { ...options, label, range }
    const multiply = product(some)
    const tiles = scratch(op, multiply.inputs.tiles, `tiles ${range.first}`)
    const products = scratch(op, multiply.outputs.products, `products ${range.first}`)
    return [
      { op, kernel: winogradInput(some), operands: tensors({ input, tiles }) },
      { op, kernel: multiply, operands: { ...tensors({ tiles, products }), weight } },
      {
        op,
        kernel: winogradOutput(some),
        operands: {
          ...tensors({ products, residual, output: op.output }),
          ...biasOperand(convolution, bias),
        },
      },
    ]
  })
  return [...steps, ...bySome]
}

interface WeightOperands {
  /** What makes the weight, if it is not there. */
  steps: Step[]
  weight: Operand
  bias: Operand
}

const kept = (folded: FoldedWeights): WeightOperands => ({
  steps: [],
  weight: { folded, part: 'packed' },
  bias: { folded, part: 'packed_bias' },
})

/** Up to four times as large as the parameter, it is made where it is needed and does not stay. */
function madeAnew(op: Op, { parts: [{ kernel, parameters }] }: FoldedWeights): WeightOperands {
  const { packed, packed_bias } = kernel.outputs
  const weight: Operand = { workspaceBytes: packed }
  const bias: Operand = { tensor: scratch(op, packed_bias, 'bias') }
  const inputs = Object.entries(parameters).map(([name, parameter]): [string, Operand] => [
    name,
    { parameter },
  ])
  const operands = { ...Object.fromEntries(inputs), packed: weight, packed_bias: bias }
  return { steps: [{ op, kernel, operands }], weight, bias }
}

/** The kernel of Winograd's products, and how many tiles a workgroup of it takes. */
function productOf({ subgroupSize }: Winograd) {
  if (subgroupSize === undefined) return { product: winogradMultiplyTiled, step: TILED_MULTIPLY_TILE.tiles }
  const product = (options: WinogradStepOptions) => winogradMultiply({ ...options, subgroupSize })
  return { product, step: MULTIPLY_TILE.tiles * subgroupSize }
}

/** What its kernels are made from. */
export const convolutionOf = (op: Conv2dOp): Conv2dOptions => ({
  ...op,
  label: op.name,
  input: op.inputs.input.shape,
  outChannels: op.weight.shape[0],
  kernel: [op.weight.shape[2], op.weight.shape[3]],
  bias: op.inputs.imageBias ? 'image' : op.bias || op.batchNorm ? 'channel' : 'none',
  precision: op.inputs.input.dtype === 'f16' ? 'fp16' : 'fp32',
  residual: op.inPlace ? 'in place' : op.inputs.residual !== undefined,
  slice: { offset: op.outputOffset ?? 0, channels: op.output.shape[3] },
})
