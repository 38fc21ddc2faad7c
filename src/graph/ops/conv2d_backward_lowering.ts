// The gradients of a dense convolution.

import { lowerWeightGradient } from '../convolution/backward_weight.ts'
import { transposedWeights } from '../lower/transposed_weights.ts'
import {
  backwardWeightOptions,
  type Conv2dBackwardInputOp,
  type Conv2dBackwardWeightOp,
  gradientConvolutionOf,
} from './conv2d.ts'
import type { LoweredOp } from './definition.ts'

/** Where the gradient of the input is a convolution itself. */
export const gradientConvolutionLowering: LoweredOp<Conv2dBackwardInputOp> = {
  lower(op, { target, strategyOf }) {
    const options = gradientConvolutionOf(op)
    if (!options) throw new Error(`${op.name}: this gradient is no convolution`)
    const residual = op.inPlace ? undefined : op.inputs.residual
    const weights = transposedWeights(op.weight, op.batchNorm)
    const layer = { op, options, input: op.inputs.gradient, residual, weights }
    return strategyOf(op, options).lower(layer, target).steps
  },
}

export const conv2dBackwardWeightLowering: LoweredOp<Conv2dBackwardWeightOp> = {
  lower(op, { target }) {
    const { weight, inputs } = op
    return lowerWeightGradient({ op, options: backwardWeightOptions(op), weight, ...inputs }, target)
  },
}
