// The keys of a dense convolution's gradients in `Policy.tuned`.

import type { Conv2dBackwardInputOptions } from '../../kernels/convolution/conv2d_backward_input.ts'
import type { Conv2dBackwardWeightOptions } from '../../kernels/convolution/conv2d_backward_weight.ts'
import { conv2dKey } from './choose.ts'

/** Of the input's gradient, where it is not a convolution. */
export const inputGradientKey = (options: Conv2dBackwardInputOptions): string =>
  `gradient of the input: ${conv2dKey(options)}`

export const weightGradientKey = (options: Conv2dBackwardWeightOptions): string =>
  `gradient of the weight: ${conv2dKey(options)}`
