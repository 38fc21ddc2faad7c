// The cases of the gradients of convolutions.

import { plantedArray4 } from '../../reference/array4.ts'
import { conv2dShape } from '../../reference/conv2d.ts'
import type { Conv2dBackward } from '../../reference/conv2d_backward_input.ts'
import { padding } from '../../reference/window.ts'
import { conv2dOf } from '../conv2d.ts'
import { type Conv2dCase, cases as forward } from './conv2d_cases.ts'
import { layer, pointwise } from './conv2d_layers.ts'

/** A convolution to differentiate. Here `plant` is a NaN or an infinity in the gradient of the output. */
export type Conv2dBackwardCase = Omit<Conv2dCase, 'bias' | 'residual' | 'activation'>

/** The forward cases that differ in more than what follows the sum, and that plain loops are quick with. */
const geometries: Conv2dBackwardCase[] = forward.filter(
  ({ input, outChannels, bias, residual, activation, plant, bench, answer }) =>
    input[3] * outChannels < 4096 &&
    bias !== 'image' &&
    !residual &&
    activation === 'none' &&
    !plant &&
    !bench &&
    !answer,
)

const more: Omit<Conv2dBackwardCase, 'name'> = {
  input: [1, 9, 9, 5],
  outChannels: 3,
  kernel: [3, 3],
  stride: 2,
  dilation: 1,
  padding: padding(1),
  seed: 1,
}

const others: Conv2dBackwardCase[] = [
  { ...more, name: 'stride 2, dilation 2: one phase has all taps', dilation: 2, padding: padding(2) },
  { ...more, name: 'stride 3, dilation 2, even map', input: [2, 16, 10, 5], stride: 3, dilation: 2 },
  { ...more, name: 'stride 4, dilation 6, odd map', input: [1, 33, 17, 5], stride: 4, dilation: 6 },
  { ...more, name: '1×1 stride 3: most pixels get nothing', kernel: [1, 1], stride: 3, padding: padding(0) },
  { ...more, name: 'padding wider than the kernel', stride: 1, padding: padding(5) },
  { ...more, name: 'stride wider than the kernel', input: [3, 11, 10, 21], stride: 5, padding: padding(0) },
  {
    ...more,
    name: 'stride 2, pixels at the end that no tap reaches',
    input: [1, 10, 8, 5],
    padding: padding(0),
  },
]

/** For `atrous doctor`. The last two have more channels, and more pixels, than a workgroup has. */
const small: Conv2dBackwardCase[] = [
  { ...more, name: 'stride 2, batch 2, 5 → 9 channels', input: [2, 6, 5, 5], outChannels: 9, answer: true },
  {
    ...more,
    name: 'stride 3, dilation 2, odd map',
    input: [1, 7, 6, 5],
    stride: 3,
    dilation: 2,
    answer: true,
  },
  {
    ...more,
    name: 'stride 1, dilation 2, 3 channels',
    input: [1, 5, 6, 3],
    stride: 1,
    dilation: 2,
    padding: padding(2),
    answer: true,
  },
  {
    ...more,
    name: '1×1, 272 → 4 channels',
    input: [1, 1, 3, 272],
    outChannels: 4,
    kernel: [1, 1],
    stride: 1,
    padding: padding(0),
    answer: true,
  },
  { ...more, name: 'stride 1, 272 pixels: two splits', input: [1, 16, 17, 3], stride: 1, answer: true },
]

const nonFinite: Conv2dBackwardCase[] = [
  { ...more, name: 'NaN', plant: { value: Number.NaN, at: [0, 2, 2, 1] } },
  { ...more, name: 'Inf', stride: 1, plant: { value: Number.POSITIVE_INFINITY, at: [0, 4, 4, 0] } },
  {
    ...more,
    name: '−Inf where only far taps reach',
    outChannels: 4,
    stride: 1,
    dilation: 6,
    padding: padding(6),
    plant: { value: Number.NEGATIVE_INFINITY, at: [0, 0, 0, 0] },
  },
]

/** Real layers on a crop. The forward pass has the first two, too. */
const layers: Conv2dBackwardCase[] = [
  ...forward.filter(({ name }) => /^resnet50\.(conv1 7×7\/2 on 65×65|layer2\.0\.downsample)/.test(name)),
  layer('resnet50.layer1.conv2 on 33×33', [2, 33, 33, 64], 64),
  layer('resnet50.layer2.0.conv2 3×3/2 on 33×33', [1, 33, 33, 128], 128, { stride: 2 }),
  pointwise('resnet50.layer3.conv3 256 → 1024 on 17×17', [1, 17, 17, 256], 1024),
  layer('resnet50.layer4.conv2 dilation 4 on 9×9', [1, 9, 9, 512], 512, { dilation: 4 }),
  layer('aspp rate 12 on 9×9: only the centre tap', [1, 9, 9, 2048], 256, { dilation: 12 }),
  pointwise('classifier 256 → 21 on 33×33', [2, 33, 33, 256], 21),
  layer('mobilenet_v2.conv1 3×3/2 SAME on 66×66', [1, 66, 66, 3], 32, { stride: 2, padding: 'same' }),
  pointwise('mobilenet_v2.project 144 → 24 on 33×33', [1, 33, 33, 144], 24),
].map(test => ({ ...test, spotCheck: true }))

export const cases: Conv2dBackwardCase[] = [...geometries, ...others, ...small, ...nonFinite, ...layers]

/**
 * The operands of a case, made from its seed. The gradient of the weight is a sum over all pixels: where it is `wanted`, the
 * gradient of the output is so small that the sum is about as large as the input.
 */
export function conv2dBackwardOf(test: Conv2dBackwardCase, wanted: 'input' | 'weight'): Conv2dBackward {
  const { plant, ...convolution } = test
  const conv = conv2dOf({ ...convolution, bias: 'none', residual: false, activation: 'none' })
  const shape = conv2dShape(conv)
  const [n, h, w] = shape
  const scale = wanted === 'weight' ? 3 / Math.sqrt(n * h * w) : 1
  return { ...conv, outputGradient: plantedArray4(shape, test.seed + 4, plant, scale) }
}
