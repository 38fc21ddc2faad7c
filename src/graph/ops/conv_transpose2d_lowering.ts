import {
  conv2dBackwardInput,
  conv2dBackwardInputTiled,
} from '../../kernels/convolution/conv2d_backward_input.ts'
import { inputGradientTile } from '../convolution/gradient_tiles.ts'
import { type ConvTranspose2dOp, transposedWindow } from './conv_transpose2d.ts'
import { backwardInputOptions } from './conv2d.ts'
import type { LoweredOp } from './definition.ts'
import { transposedStep } from './transposed_step.ts'

export const convTranspose2dLowering: LoweredOp<ConvTranspose2dOp> = {
  // Its share of a network is small: one kernel for all CPU adapters is enough, and one for all GPUs.
  lower(op, { target: { device } }) {
    const convolution = { ...op, ...transposedWindow(op) }
    const options = backwardInputOptions(convolution)
    const kernel = device.isCpu
      ? conv2dBackwardInput(options)
      : conv2dBackwardInputTiled({ ...options, tile: inputGradientTile(device) })
    return [transposedStep(convolution, op.inputs.input, kernel)]
  },
}
