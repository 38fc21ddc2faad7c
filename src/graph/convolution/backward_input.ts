// The gradient of a dense convolution's input: a convolution itself where it is one, else phase by phase.

import type { Kernel } from '../../gpu/kernel.ts'
import type { Conv2dOptions } from '../../kernels/conv2d.ts'
import { type Conv2dBackwardInputOptions, conv2dBackwardInput } from '../../kernels/conv2d_backward_input.ts'
import { conv2dBackwardInputSubgroup } from '../../kernels/conv2d_backward_input_subgroup.ts'
import { subgroupTile } from '../../kernels/conv2d_subgroup.ts'
import { windowedSize } from '../../kernels/geometry.ts'
import type { Device } from './target.ts'
import { throughTextures } from './through_textures.ts'

/**
 * At stride 1 the gradient is the convolution of the output's gradient with the reversed weight, padded by what the forward
 * padding leaves of the kernel's reach; undefined where that is negative, which no network asks for, and at other strides.
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

/** The kernel for any stride: input pixels of one phase have the same taps. */
export const inputGradientByPhases = (options: Conv2dBackwardInputOptions, device: Device): Kernel => {
  const { isCpu, subgroupSize } = device
  if (!isCpu || subgroupSize === undefined) return conv2dBackwardInput(options)
  const tile = subgroupTile(options.input[3], device)
  const kernel = conv2dBackwardInputSubgroup({ ...options, tile, subgroupSize })
  const { row_tiles: weight, k_h, k_w, stride } = kernel.params
  // Of the taps, an output pixel has each in one phase alone.
  const columnTiles = kernel.workgroups / (weight * stride ** 2)
  return throughTextures(kernel, device, { input: k_h * k_w * columnTiles, weight })
}
