import { biasGradient } from '../../kernels/convolution/bias_gradient.ts'
import { summedGradient } from '../lower/summed_gradient.ts'
import type { BiasGradientOp } from './convolution.ts'
import type { LoweredOp } from './definition.ts'

export const biasGradientLowering: LoweredOp<BiasGradientOp> = {
  lower(op) {
    const { gradient } = op.inputs
    const kernel = biasGradient({ label: op.name, shape: gradient.shape })
    // A bias is summed like the weight of a depthwise convolution with one tap.
    const sum = { ...op.sum, shape: [gradient.shape[3], 1, 1, 1] }
    return summedGradient(kernel, { op, inputs: { output_gradient: gradient }, depthwise: true, sum })
  },
}
