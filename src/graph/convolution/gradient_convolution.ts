// The gradient of a dense convolution's input as a convolution, where it is one.

import type { Conv2dOptions } from '../../kernels/convolution/conv2d.ts'
import type { Conv2dBackwardInputOptions } from '../../kernels/convolution/conv2d_backward_input.ts'
import { windowedSize } from '../../kernels/geometry.ts'

/**
 * At stride 1 the gradient is the convolution of the output's gradient with the reversed weight, padded by what the forward
 * padding leaves of the kernel's reach; undefined where that is negative (a padded 1×1), and at other strides.
 */
export function gradientConvolution(options: Conv2dBackwardInputOptions): Conv2dOptions | undefined {
  const { label, input, outChannels, kernel, stride, dilation, padding } = options
  const [n, h, w, inChannels] = input
  const [reachY, reachX] = kernel.map(taps => (taps - 1) * dilation)
  const { top, bottom, left, right } = padding
  const rest = { top: reachY - top, bottom: reachY - bottom, left: reachX - left, right: reachX - right }
  if (stride > 1 || rest.top < 0 || rest.left < 0) return undefined
  const out = windowedSize({ h, w }, options)
  return {
    label,
    input: [n, out.h, out.w, outChannels],
    outChannels: inChannels,
    kernel,
    stride: 1,
    dilation,
    padding: rest,
    bias: 'none',
    activation: 'none',
  }
}
