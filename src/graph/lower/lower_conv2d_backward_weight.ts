// The kernels of the gradient of a convolution's weight by Winograd's tiles.

import { tileRanges, type WinogradOptions, winogradWeightBytes } from '../../kernels/winograd.ts'
import { winogradInput } from '../../kernels/winograd_input.ts'
import { winogradMultiplyBackward } from '../../kernels/winograd_multiply_backward.ts'
import { winogradOutputBackward } from '../../kernels/winograd_output_backward.ts'
import { winogradWeightBackward } from '../../kernels/winograd_weight_backward.ts'
import type { ConvolutionBackwardWeightOp } from '../ir/training_ops.ts'
import { SCRATCH_BYTES } from './lower_conv2d.ts'
import { type Step, scratch, tensors } from './step.ts'

/** Products are summed at the points, always in the order of the tiles; what lies between the steps is made for some at a time. */
export function lowerWinogradBackwardWeight(
  op: ConvolutionBackwardWeightOp,
  options: WinogradOptions & { subgroupSize: number },
): Step[] {
  const { input, gradient } = op.inputs
  const { outChannels, outputs } = options
  const inChannels = input.shape[3]
  const sums = scratch(op, winogradWeightBytes(outputs, inChannels, outChannels), 'sums')
  const ranges = tileRanges(options, { bytes: SCRATCH_BYTES, step: 1 })
  const summed = ranges.flatMap((range): Step[] => {
    const label = ranges.length === 1 ? op.name : `${op.name}, tiles from ${range.first}`
    const some = { ...options, label, range }
    const multiply = winogradMultiplyBackward({ ...some, accumulate: range.first > 0 })
    const tiles = scratch(op, multiply.inputs.tiles, `tiles ${range.first}`)
    const gradients = scratch(op, multiply.inputs.gradients, `gradients ${range.first}`)
    return [
      { op, kernel: winogradInput(some), operands: tensors({ input, tiles }) },
      {
        op,
        kernel: winogradOutputBackward(some),
        operands: tensors({ output_gradient: gradient, gradients }),
      },
      { op, kernel: multiply, operands: tensors({ tiles, gradients, sums }) },
    ]
  })
  const kernel = winogradWeightBackward({ label: op.name, inChannels, outChannels, outputs })
  return [
    ...summed,
    { op, kernel, operands: { ...tensors({ sums }), weight_gradient: { gradientOf: op.weight } } },
  ]
}
