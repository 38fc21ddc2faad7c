// The gradient of a dense convolution's input for all strides: phase by phase where it is no convolution.

import { inputGradientByPhases } from '../convolution/backward_input.ts'
import { backwardInputOptions, type Conv2dBackwardInputOp, gradientConvolutionOf } from './conv2d.ts'
import { gradientConvolutionLowering } from './conv2d_backward_lowering.ts'
import type { LoweredOp } from './definition.ts'
import { transposedStep } from './transposed_step.ts'

export const conv2dBackwardInputLowering: LoweredOp<Conv2dBackwardInputOp> = {
  lower(op, lowering) {
    if (gradientConvolutionOf(op)) return gradientConvolutionLowering.lower(op, lowering)
    const { kernel } = inputGradientByPhases(backwardInputOptions(op), lowering.target)
    return [transposedStep(op, op.inputs.gradient, kernel)]
  },
}
