// The kernels of a convolution: one, or the three of Winograd's as often as its tiles need.

import { type ConvolutionTarget, chooseConv2d, chooseWinograd } from '../kernels/choose_conv2d.ts'
import type { Conv2dOptions } from '../kernels/conv2d.ts'
import { tileRanges } from '../kernels/winograd.ts'
import { winogradInput } from '../kernels/winograd_input.ts'
import { MULTIPLY_TILE, winogradMultiply } from '../kernels/winograd_multiply.ts'
import { winogradOutput } from '../kernels/winograd_output.ts'
import { type FoldedWeights, foldedWeights, winogradWeights } from './folded_weights.ts'
import type { Conv2dOp } from './graph.ts'
import { type Operand, type Step, scratch, tensors } from './step.ts'

/** What Winograd's steps leave for each other, at most: so that no layer's sets the size of a network's arena. */
const SCRATCH_BYTES = 12e6

export function lowerConv2d(op: Conv2dOp, target: ConvolutionTarget): Step[] {
  const options = convolutionOf(op)
  const winograd = chooseWinograd(options, target)
  if (winograd) return lowerWinograd(op, winograd)
  const { input } = op.inputs
  const folded = foldedWeights({ ...op, depthwise: false })
  const operands: Record<string, Operand> = {
    ...tensors({ input, residual: boundResidual(op), output: op.output }),
    weight: { folded, part: 'packed' },
    bias: biasOf(op, folded),
  }
  return [{ op, kernel: chooseConv2d(options, target), operands }]
}

function lowerWinograd(op: Conv2dOp, options: NonNullable<ReturnType<typeof chooseWinograd>>): Step[] {
  const { input } = op.inputs
  const { outChannels, outputs, subgroupSize } = options
  const inChannels = input.shape[3]
  const folded = winogradWeights(foldedWeights({ ...op, depthwise: false }), {
    inChannels,
    outChannels,
    outputs,
  })
  const ranges = tileRanges(options, { bytes: SCRATCH_BYTES, step: MULTIPLY_TILE.tiles * subgroupSize })
  return ranges.flatMap((range): Step[] => {
    const label = ranges.length === 1 ? op.name : `${op.name}, tiles from ${range.first}`
    const some = { ...options, label, range }
    const multiply = winogradMultiply(some)
    const tiles = scratch(op, multiply.inputs.tiles, `tiles ${range.first}`)
    const products = scratch(op, multiply.outputs.products, `products ${range.first}`)
    return [
      { op, kernel: winogradInput(some), operands: tensors({ input, tiles }) },
      {
        op,
        kernel: multiply,
        operands: { ...tensors({ tiles, products }), weight: { folded, part: 'packed' } },
      },
      {
        op,
        kernel: winogradOutput(some),
        operands: {
          ...tensors({ products, residual: boundResidual(op), output: op.output }),
          bias: biasOf(op, folded),
        },
      },
    ]
  })
}

/** What its kernels are made from. */
export const convolutionOf = (op: Conv2dOp): Conv2dOptions => ({
  ...op,
  label: op.name,
  input: op.inputs.input.shape,
  outChannels: op.weight.shape[0],
  kernel: [op.weight.shape[2], op.weight.shape[3]],
  biasPerImage: op.inputs.imageBias !== undefined,
  residual: op.inPlace ? 'in place' : op.inputs.residual !== undefined,
  slice: { offset: op.outputOffset ?? 0, channels: op.output.shape[3] },
})

/** What is added, where that does not lie in the output already. */
const boundResidual = ({ inPlace, inputs }: Conv2dOp) => (inPlace ? undefined : inputs.residual)

const biasOf = (op: Conv2dOp, folded: FoldedWeights): Operand =>
  op.inputs.imageBias ? { tensor: op.inputs.imageBias } : { folded, part: 'packed_bias' }
