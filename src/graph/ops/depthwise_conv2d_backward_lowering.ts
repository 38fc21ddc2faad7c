import { depthwiseConv2dBackwardInput } from '../../kernels/convolution/depthwise_conv2d_backward_input.ts'
import { depthwiseConv2dBackwardWeight } from '../../kernels/convolution/depthwise_conv2d_backward_weight.ts'
import { depthwiseHeldRows, depthwiseLaneRows } from '../convolution/gradient_tiles.ts'
import { packedWeights } from '../lower/packed_weights.ts'
import { tensors } from '../lower/step.ts'
import { summedGradient } from '../lower/summed_gradient.ts'
import type { LoweredOp } from './definition.ts'
import {
  type DepthwiseConv2dBackwardInputOp,
  type DepthwiseConv2dBackwardWeightOp,
  kernelOf,
} from './depthwise_conv2d.ts'

export const depthwiseConv2dBackwardInputLowering: LoweredOp<DepthwiseConv2dBackwardInputOp> = {
  lower(op, { target: { device } }) {
    const { weight, batchNorm, stride, dilation, padding } = op
    const folded = packedWeights({ weight, batchNorm, depthwise: true })
    const window = { kernel: kernelOf(op), stride, dilation, padding }
    const options = { label: op.name, input: op.output.shape, outChannels: weight.shape[0], ...window }
    const kernel = depthwiseConv2dBackwardInput({ ...options, heldRows: depthwiseHeldRows(device) })
    const named = tensors({ output_gradient: op.inputs.gradient, input_gradient: op.output })
    return [{ op, kernel, operands: { ...named, weight: { folded, part: 'packed' } } }]
  },
}

export const depthwiseConv2dBackwardWeightLowering: LoweredOp<DepthwiseConv2dBackwardWeightOp> = {
  lower(op, { target: { device } }) {
    const { weight, stride, dilation, padding } = op
    const { input, gradient } = op.inputs
    const window = { kernel: kernelOf(op), stride, dilation, padding }
    const options = { label: op.name, input: input.shape, ...window }
    const kernel = depthwiseConv2dBackwardWeight({ ...options, laneRows: depthwiseLaneRows(device) })
    const inputs = { input, output_gradient: gradient }
    return summedGradient(kernel, { op, inputs, depthwise: true, sum: weight })
  },
}
