// How the gradient of a convolution's weight is computed.

import type { Kernel } from '../gpu/kernel.ts'
import { type ConvolutionTarget, CPU_SUBGROUP } from './choose_conv2d.ts'
import { type Conv2dBackwardWeightOptions, conv2dBackwardWeight } from './conv2d_backward_weight.ts'
import { conv2dBackwardWeightSubgroup } from './conv2d_backward_weight_subgroup.ts'

/** Of an image's three channels the lanes of a subgroup would load every other vector in vain. */
export function chooseConv2dBackwardWeight(
  options: Conv2dBackwardWeightOptions,
  { subgroupSize }: ConvolutionTarget,
): Kernel {
  return subgroupSize === CPU_SUBGROUP && options.input[3] > 4
    ? conv2dBackwardWeightSubgroup({ ...options, subgroupSize })
    : conv2dBackwardWeight(options)
}
