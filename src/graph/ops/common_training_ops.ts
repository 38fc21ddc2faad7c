// The kernels that most graphs of training have.

import { activationBackwardLowering } from './activation_backward_lowering.ts'
import { biasGradientLowering } from './bias_gradient_lowering.ts'
import { conv2dBackwardWeightLowering, gradientConvolutionLowering } from './conv2d_backward_lowering.ts'
import { crossEntropyBackwardOp, crossEntropyOp } from './cross_entropy.ts'
import { dropoutLowering } from './dropout_lowering.ts'
import { globalAveragePoolBackwardLowering } from './global_average_pool_backward_lowering.ts'
import { commonOps, type OpTable } from './index.ts'
import { lossTermOp } from './loss_term.ts'
import { resizeBackwardLowering } from './resize_backward_lowering.ts'

export const commonTrainingOps = {
  ...commonOps,
  activationBackward: activationBackwardLowering,
  biasGradient: biasGradientLowering,
  conv2dBackwardInput: gradientConvolutionLowering,
  conv2dBackwardWeight: conv2dBackwardWeightLowering,
  crossEntropy: crossEntropyOp,
  crossEntropyBackward: crossEntropyBackwardOp,
  dropout: dropoutLowering,
  globalAveragePoolBackward: globalAveragePoolBackwardLowering,
  lossTerm: lossTermOp,
  resizeBackward: resizeBackwardLowering,
} satisfies Partial<OpTable>
