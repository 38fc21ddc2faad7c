// The gradient of a convolution's input as a convolution itself.

import { gradientConvolution } from '../../kernels/choose_conv2d_backward_input.ts'
import type { Conv2dOptions } from '../../kernels/conv2d.ts'
import type { Conv2dBackwardInputOptions } from '../../kernels/conv2d_backward_input.ts'
import type { ConvolutionBackwardInputOp } from '../ir/training_ops.ts'

/** What its kernels are made from. */
export function backwardInputOptions(op: ConvolutionBackwardInputOp): Conv2dBackwardInputOptions {
  const { stride, dilation, padding } = op
  const [outChannels, , kernelH, kernelW] = op.weight.shape
  const kernel = [kernelH, kernelW] as const
  return { label: op.name, input: op.output.shape, outChannels, kernel, stride, dilation, padding }
}

/** The convolution that it is, with the residual that the op adds; undefined where it is none, and can add nothing. */
export function gradientConvolutionOf(op: ConvolutionBackwardInputOp): Conv2dOptions | undefined {
  const convolution = op.depthwise ? undefined : gradientConvolution(backwardInputOptions(op))
  const residual = op.inPlace ? 'in place' : op.inputs.residual !== undefined
  return convolution && { ...convolution, residual }
}
