// The cases of all kernels that convolve.

import type { Activation } from '../../reference/activation.ts'
import type { Plant, Shape4 } from '../../reference/array4.ts'
import { type Padding, padding } from '../../reference/window.ts'
import type { KernelCase } from '../../support/kernel_suite.ts'
import { layers } from './conv2d_layers.ts'

export interface Conv2dCase extends KernelCase {
  input: Shape4
  outChannels: number
  kernel: readonly [kh: number, kw: number]
  stride: number
  dilation: number
  padding: Padding | 'same'
  bias: 'none' | 'channel' | 'image'
  residual: boolean | 'in place'
  activation: Activation
  seed: number
  /** a NaN or an infinity in the input */
  plant?: Plant
  /** too many multiplications for plain loops: a sample of the outputs is compared */
  spotCheck?: boolean
}

/** What a case is unless it says otherwise: one 3×3 over a 17×13 map, 3 channels to 5. */
export const plain: Omit<Conv2dCase, 'name'> = {
  input: [1, 17, 13, 3],
  outChannels: 5,
  kernel: [3, 3],
  stride: 1,
  dilation: 1,
  padding: padding(1),
  bias: 'channel',
  residual: false,
  activation: 'none',
  seed: 1,
}
const pointwise = { ...plain, kernel: [1, 1], padding: padding(0) } as const

const shapes: Conv2dCase[] = [
  { ...pointwise, name: 'one pixel, one channel', input: [1, 1, 1, 1], outChannels: 1 },
  { ...plain, name: 'one pixel, 3×3: only the centre tap', input: [1, 1, 1, 3] },
  { ...plain, name: 'one row', input: [1, 1, 7, 3] },
  { ...plain, name: 'one column, batch 3', input: [3, 7, 1, 5], outChannels: 3 },
  { ...plain, name: 'odd map, no bias', bias: 'none' },
  { ...plain, name: '5 → 21 channels, batch 3', input: [3, 17, 13, 5], outChannels: 21 },
  { ...plain, name: '21 → 24 channels', input: [1, 9, 11, 21], outChannels: 24 },
  { ...plain, name: '24 → 1 channel', input: [2, 5, 6, 24], outChannels: 1 },
  { ...pointwise, name: '1×1, 960 → 3 channels', input: [1, 5, 7, 960], outChannels: 3 },
  { ...pointwise, name: '1×1, 1 → 960 channels', input: [1, 5, 7, 1], outChannels: 960 },
  { ...pointwise, name: '1×1, 3 → 21 channels, batch 3', input: [3, 33, 33, 3], outChannels: 21 },
  { ...plain, name: '3×3, 64 → 64 channels on 33×33', input: [1, 33, 33, 64], outChannels: 64 },
  { ...plain, name: '1×3 kernel', kernel: [1, 3], padding: { top: 0, bottom: 0, left: 1, right: 1 } },
  { ...plain, name: '3×1 kernel', kernel: [3, 1], padding: { top: 1, bottom: 1, left: 0, right: 0 } },
  { ...plain, name: '5×5 kernel', kernel: [5, 5], padding: padding(2) },
  {
    ...plain,
    name: '7×7 kernel, wider than the map',
    input: [1, 5, 3, 3],
    kernel: [7, 7],
    padding: padding(3),
  },
]

const strides: Conv2dCase[] = [
  { ...plain, name: 'stride 2, odd map', stride: 2 },
  { ...plain, name: 'stride 2, even map', input: [1, 16, 12, 3], stride: 2 },
  { ...plain, name: 'stride 2, batch 3, 24 → 21', input: [3, 33, 16, 24], outChannels: 21, stride: 2 },
  { ...pointwise, name: '1×1 stride 2, odd map', stride: 2 },
  { ...pointwise, name: '1×1 stride 2, even map', input: [1, 16, 12, 3], stride: 2 },
  { ...plain, name: '7×7 stride 2', input: [1, 33, 16, 3], kernel: [7, 7], stride: 2, padding: padding(3) },
  { ...plain, name: 'stride 3', stride: 3 },
]

const paddings: Conv2dCase[] = [
  { ...plain, name: 'no padding', padding: padding(0) },
  { ...plain, name: 'SAME, stride 2, odd map: symmetric', stride: 2, padding: 'same' },
  {
    ...plain,
    name: 'SAME, stride 2, even map: asymmetric',
    input: [1, 16, 12, 3],
    stride: 2,
    padding: 'same',
  },
  {
    ...plain,
    name: 'SAME, 5×5 stride 2, even map',
    input: [1, 16, 12, 3],
    kernel: [5, 5],
    stride: 2,
    padding: 'same',
  },
  { ...plain, name: 'SAME, 1×1 stride 2: no padding', kernel: [1, 1], stride: 2, padding: 'same' },
  { ...plain, name: 'SAME, dilation 2', dilation: 2, padding: 'same' },
  { ...plain, name: 'four different paddings', padding: { top: 0, bottom: 3, left: 1, right: 2 } },
  { ...plain, name: 'padding wider than the kernel', padding: padding(5), activation: 'relu' },
  { ...pointwise, name: '1×1 with padding: a border of bias alone', padding: padding(2) },
]

const dilations: Conv2dCase[] = [
  { ...plain, name: 'dilation 2', dilation: 2, padding: padding(2) },
  { ...plain, name: 'dilation 2, stride 2', dilation: 2, stride: 2, padding: padding(2) },
  {
    ...plain,
    name: 'dilation 4, 5×5',
    input: [1, 33, 33, 5],
    kernel: [5, 5],
    dilation: 4,
    padding: padding(8),
  },
  { ...plain, name: 'dilation 6 without padding', dilation: 6, padding: padding(0) },
  {
    ...plain,
    name: 'dilation 6, asymmetric',
    dilation: 6,
    padding: { top: 0, bottom: 12, left: 9, right: 3 },
  },
  {
    ...plain,
    name: 'dilation 8 on 9×9: the edges alone see other taps',
    input: [1, 9, 9, 24],
    dilation: 8,
    padding: padding(8),
  },
  {
    ...plain,
    name: 'dilation 24 on 9×9: only the centre tap',
    input: [3, 9, 9, 21],
    dilation: 24,
    padding: padding(24),
  },
  {
    ...plain,
    name: 'dilation 12 on 33×7: taps beside never, above and below sometimes',
    input: [1, 33, 7, 5],
    dilation: 12,
    padding: padding(12),
  },
]

const epilogues: Conv2dCase[] = [
  { ...plain, name: 'relu', activation: 'relu' },
  { ...plain, name: 'relu6', activation: 'relu6' },
  { ...plain, name: 'residual', residual: true },
  {
    ...plain,
    name: 'residual, relu, batch 3, 24 → 24',
    input: [3, 9, 9, 24],
    outChannels: 24,
    residual: true,
    activation: 'relu',
  },
  { ...pointwise, name: 'residual without bias, stride 2', bias: 'none', residual: true, stride: 2 },
  {
    ...plain,
    name: 'residual in place, relu, batch 3, 24 → 24',
    input: [3, 9, 9, 24],
    outChannels: 24,
    residual: 'in place',
    activation: 'relu',
  },
  { ...pointwise, name: 'residual in place, 21 channels', outChannels: 21, residual: 'in place' },
  {
    ...pointwise,
    name: 'bias per image, batch 3',
    input: [3, 9, 7, 24],
    outChannels: 21,
    bias: 'image',
    activation: 'relu',
  },
  {
    ...plain,
    name: 'bias per image, 3×3, residual, batch 2',
    input: [2, 9, 7, 5],
    bias: 'image',
    residual: true,
  },
]

const nonFinite: Conv2dCase[] = [
  { ...plain, name: 'NaN in the input', plant: { value: Number.NaN, at: [0, 8, 6, 1] } },
  { ...plain, name: 'NaN survives relu', activation: 'relu', plant: { value: Number.NaN, at: [0, 0, 0, 0] } },
  {
    ...pointwise,
    name: 'NaN survives relu6',
    activation: 'relu6',
    plant: { value: Number.NaN, at: [0, 16, 12, 2] },
  },
  { ...plain, name: 'Inf in the input', plant: { value: Number.POSITIVE_INFINITY, at: [0, 8, 6, 1] } },
  {
    ...plain,
    name: '−Inf in a corner, relu',
    activation: 'relu',
    plant: { value: Number.NEGATIVE_INFINITY, at: [0, 0, 12, 2] },
  },
  {
    ...pointwise,
    name: 'Inf in one of 24 channels, relu6',
    input: [1, 9, 9, 24],
    outChannels: 24,
    activation: 'relu6',
    plant: { value: Number.POSITIVE_INFINITY, at: [0, 4, 4, 23] },
  },
  {
    ...plain,
    name: 'Inf where only far taps reach: padding must not multiply it',
    input: [1, 9, 9, 4],
    outChannels: 4,
    dilation: 6,
    padding: padding(6),
    plant: { value: Number.POSITIVE_INFINITY, at: [0, 0, 0, 0] },
  },
]

/** For `atrous doctor`. The last two have more channels, and more pixels, than a workgroup has. */
const small: Conv2dCase[] = [
  {
    ...plain,
    name: 'residual, relu6, stride 2, dilation 2, batch 2',
    input: [2, 6, 5, 5],
    outChannels: 9,
    stride: 2,
    dilation: 2,
    padding: padding(2),
    residual: true,
    activation: 'relu6',
    answer: true,
  },
  {
    ...plain,
    name: 'bias per image, residual in place, relu, 3 → 21 channels',
    input: [2, 3, 4, 3],
    outChannels: 21,
    bias: 'image',
    residual: 'in place',
    activation: 'relu',
    answer: true,
  },
  {
    ...pointwise,
    name: '1×1, 5 → 144 channels, no bias',
    input: [1, 1, 3, 5],
    outChannels: 144,
    bias: 'none',
    answer: true,
  },
  { ...plain, name: '3 → 4 channels, 260 pixels', input: [1, 13, 20, 3], outChannels: 4, answer: true },
]

export const cases: Conv2dCase[] = [
  ...shapes,
  ...strides,
  ...paddings,
  ...dilations,
  ...epilogues,
  ...nonFinite,
  ...small,
  ...layers,
]
