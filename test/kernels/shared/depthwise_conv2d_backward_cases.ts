// The cases of the gradients of depthwise convolutions.

import { plantedArray4 } from '../../reference/array4.ts'
import type { Conv2dBackward } from '../../reference/conv2d_backward_input.ts'
import { depthwiseConv2dShape } from '../../reference/depthwise_conv2d.ts'
import { padding } from '../../reference/window.ts'
import { type DepthwiseConv2dCase, depthwiseConv2dOf, cases as forward } from '../depthwise_conv2d.ts'

/** A depthwise convolution to differentiate. Here `plant` is a NaN or an infinity in the gradient of the output. */
export type DepthwiseConv2dBackwardCase = Omit<DepthwiseConv2dCase, 'bias' | 'residual' | 'activation'>

/** The forward cases that differ in more than what follows the sum. */
const geometries: DepthwiseConv2dBackwardCase[] = forward.filter(
  ({ residual, activation, plant, bench }) => !residual && activation === 'none' && !plant && !bench,
)

export const more: Omit<DepthwiseConv2dBackwardCase, 'name'> = {
  input: [1, 9, 9, 5],
  kernel: [3, 3],
  stride: 2,
  dilation: 1,
  padding: padding(1),
  seed: 1,
}
const layer = { ...more, stride: 1, padding: 'same', bench: true } as const

const others: DepthwiseConv2dBackwardCase[] = [
  { ...more, name: 'stride 3, dilation 2, even map', input: [2, 16, 10, 24], stride: 3, dilation: 2 },
  { ...more, name: 'stride wider than the kernel', input: [3, 11, 10, 21], stride: 5, padding: padding(0) },
  { ...more, name: 'NaN', plant: { value: Number.NaN, at: [0, 2, 2, 1] } },
  { ...more, name: 'Inf', stride: 1, plant: { value: Number.POSITIVE_INFINITY, at: [0, 4, 4, 0] } },
]

/** For `atrous doctor`. The second has two strips of rows. */
const small: DepthwiseConv2dBackwardCase[] = [
  { ...more, name: 'stride 2, 5 channels, batch 2', input: [2, 6, 5, 5], answer: true },
  { ...more, name: 'stride 1, two strips, 3 channels', input: [1, 19, 3, 3], stride: 1, answer: true },
  {
    ...more,
    name: 'stride 1, dilation 2, 3 channels',
    input: [1, 7, 5, 3],
    stride: 1,
    dilation: 2,
    padding: padding(2),
    answer: true,
  },
]

/** Real layers, some on a crop. */
const layers: DepthwiseConv2dBackwardCase[] = [
  { ...layer, name: 'mobilenet_v2 32 channels on 65×65', input: [1, 65, 65, 32] },
  {
    ...layer,
    name: 'mobilenet_v2 96 channels, stride 2, on 65×65, batch 2',
    input: [2, 65, 65, 96],
    stride: 2,
  },
  { ...layer, name: 'mobilenet_v2 960 channels, dilation 2, on 17×17', input: [1, 17, 17, 960], dilation: 2 },
]

export const cases: DepthwiseConv2dBackwardCase[] = [...geometries, ...others, ...small, ...layers]

/** The operands of a case, made from its seed; see `conv2dBackwardOf`. */
export function depthwiseConv2dBackwardOf(
  test: DepthwiseConv2dBackwardCase,
  wanted: 'input' | 'weight',
): Conv2dBackward {
  const { plant, ...convolution } = test
  const conv = depthwiseConv2dOf({ ...convolution, bias: false, residual: false, activation: 'none' })
  const shape = depthwiseConv2dShape(conv)
  const [n, h, w] = shape
  const scale = wanted === 'weight' ? 3 / Math.sqrt(n * h * w) : 1
  return { ...conv, outputGradient: plantedArray4(shape, test.seed + 4, plant, scale) }
}
