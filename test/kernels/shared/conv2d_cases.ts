// The cases of all kernels that convolve.

import type { Activation } from '../../reference/activation.ts'
import type { Plant, Shape4 } from '../../reference/array4.ts'
import { keepingSize, type Padding, padding } from '../../reference/window.ts'
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

type Windowed = Pick<Conv2dCase, 'name' | 'kernel' | 'dilation' | 'padding'>

/** Rows of a table: each case is `plain` but for its fields, and keeps the size of its map at stride 1 unless it says otherwise. */
export const rowsOf =
  <Case extends Windowed>(plain: Omit<Case, 'name'>) =>
  (name: string, fields: Partial<Case> = {}): Case => {
    const { kernel, dilation } = { ...plain, ...fields }
    return { ...plain, name, padding: keepingSize(kernel, dilation), ...fields } as Case
  }

export const convolution = rowsOf<Conv2dCase>(plain)
export const pointwise = (name: string, fields: Partial<Conv2dCase> = {}): Conv2dCase =>
  convolution(name, { kernel: [1, 1], ...fields })

const shapes: Conv2dCase[] = [
  pointwise('one pixel, one channel', { input: [1, 1, 1, 1], outChannels: 1 }),
  convolution('one pixel, 3×3: only the centre tap', { input: [1, 1, 1, 3] }),
  convolution('one row', { input: [1, 1, 7, 3] }),
  convolution('one column, batch 3', { input: [3, 7, 1, 5], outChannels: 3 }),
  convolution('odd map, no bias', { bias: 'none' }),
  convolution('5 → 21 channels, batch 3', { input: [3, 17, 13, 5], outChannels: 21 }),
  convolution('21 → 24 channels', { input: [1, 9, 11, 21], outChannels: 24 }),
  convolution('24 → 1 channel', { input: [2, 5, 6, 24], outChannels: 1 }),
  pointwise('1×1, 960 → 3 channels', { input: [1, 5, 7, 960], outChannels: 3 }),
  pointwise('1×1, 1 → 960 channels', { input: [1, 5, 7, 1], outChannels: 960 }),
  pointwise('1×1, 3 → 21 channels, batch 3', { input: [3, 33, 33, 3], outChannels: 21 }),
  convolution('3×3, 64 → 64 channels on 33×33', { input: [1, 33, 33, 64], outChannels: 64 }),
  convolution('1×3 kernel', { kernel: [1, 3] }),
  convolution('3×1 kernel', { kernel: [3, 1] }),
  convolution('5×5 kernel', { kernel: [5, 5] }),
  convolution('7×7 kernel, wider than the map', { input: [1, 5, 3, 3], kernel: [7, 7] }),
]

const strides: Conv2dCase[] = [
  convolution('stride 2, odd map', { stride: 2 }),
  convolution('stride 2, even map', { input: [1, 16, 12, 3], stride: 2 }),
  convolution('stride 2, batch 3, 24 → 21', { input: [3, 33, 16, 24], outChannels: 21, stride: 2 }),
  pointwise('1×1 stride 2, odd map', { stride: 2 }),
  pointwise('1×1 stride 2, even map', { input: [1, 16, 12, 3], stride: 2 }),
  convolution('7×7 stride 2', { input: [1, 33, 16, 3], kernel: [7, 7], stride: 2 }),
  convolution('stride 3', { stride: 3 }),
]

const paddings: Conv2dCase[] = [
  convolution('no padding', { padding: padding(0) }),
  convolution('SAME, stride 2, odd map: symmetric', { stride: 2, padding: 'same' }),
  convolution('SAME, stride 2, even map: asymmetric', { input: [1, 16, 12, 3], stride: 2, padding: 'same' }),
  convolution('SAME, 5×5 stride 2, even map', {
    input: [1, 16, 12, 3],
    kernel: [5, 5],
    stride: 2,
    padding: 'same',
  }),
  pointwise('SAME, 1×1 stride 2: no padding', { stride: 2, padding: 'same' }),
  convolution('SAME, dilation 2', { dilation: 2, padding: 'same' }),
  convolution('four different paddings', { padding: { top: 0, bottom: 3, left: 1, right: 2 } }),
  convolution('padding wider than the kernel', { padding: padding(5), activation: 'relu' }),
  pointwise('1×1 with padding: a border of bias alone', { padding: padding(2) }),
]

const dilations: Conv2dCase[] = [
  convolution('dilation 2', { dilation: 2 }),
  convolution('dilation 2, stride 2', { stride: 2, dilation: 2 }),
  convolution('dilation 4, 5×5', { input: [1, 33, 33, 5], kernel: [5, 5], dilation: 4 }),
  convolution('dilation 6 without padding', { dilation: 6, padding: padding(0) }),
  convolution('dilation 6, asymmetric', { dilation: 6, padding: { top: 0, bottom: 12, left: 9, right: 3 } }),
  convolution('dilation 8 on 9×9: the edges alone see other taps', { input: [1, 9, 9, 24], dilation: 8 }),
  convolution('dilation 24 on 9×9: only the centre tap', { input: [3, 9, 9, 21], dilation: 24 }),
  convolution('dilation 12 on 33×7: taps beside never, above and below sometimes', {
    input: [1, 33, 7, 5],
    dilation: 12,
  }),
]

const epilogues: Conv2dCase[] = [
  convolution('relu', { activation: 'relu' }),
  convolution('relu6', { activation: 'relu6' }),
  convolution('residual', { residual: true }),
  convolution('residual, relu, batch 3, 24 → 24', {
    input: [3, 9, 9, 24],
    outChannels: 24,
    residual: true,
    activation: 'relu',
  }),
  pointwise('residual without bias, stride 2', { stride: 2, bias: 'none', residual: true }),
  convolution('residual in place, relu, batch 3, 24 → 24', {
    input: [3, 9, 9, 24],
    outChannels: 24,
    residual: 'in place',
    activation: 'relu',
  }),
  pointwise('residual in place, 21 channels', { outChannels: 21, residual: 'in place' }),
  pointwise('bias per image, batch 3', {
    input: [3, 9, 7, 24],
    outChannels: 21,
    bias: 'image',
    activation: 'relu',
  }),
  convolution('bias per image, 3×3, residual, batch 2', {
    input: [2, 9, 7, 5],
    bias: 'image',
    residual: true,
  }),
]

const nonFinite: Conv2dCase[] = [
  convolution('NaN in the input', { plant: { value: Number.NaN, at: [0, 8, 6, 1] } }),
  convolution('NaN survives relu', { activation: 'relu', plant: { value: Number.NaN, at: [0, 0, 0, 0] } }),
  pointwise('NaN survives relu6', { activation: 'relu6', plant: { value: Number.NaN, at: [0, 16, 12, 2] } }),
  convolution('Inf in the input', { plant: { value: Number.POSITIVE_INFINITY, at: [0, 8, 6, 1] } }),
  convolution('−Inf in a corner, relu', {
    activation: 'relu',
    plant: { value: Number.NEGATIVE_INFINITY, at: [0, 0, 12, 2] },
  }),
  pointwise('Inf in one of 24 channels, relu6', {
    input: [1, 9, 9, 24],
    outChannels: 24,
    activation: 'relu6',
    plant: { value: Number.POSITIVE_INFINITY, at: [0, 4, 4, 23] },
  }),
  convolution('Inf where only far taps reach: padding must not multiply it', {
    input: [1, 9, 9, 4],
    outChannels: 4,
    dilation: 6,
    plant: { value: Number.POSITIVE_INFINITY, at: [0, 0, 0, 0] },
  }),
]

/** For `atrous doctor`. The last two have more channels, and more pixels, than a workgroup has. */
const small: Conv2dCase[] = [
  convolution('residual, relu6, stride 2, dilation 2, batch 2', {
    input: [2, 6, 5, 5],
    outChannels: 9,
    stride: 2,
    dilation: 2,
    residual: true,
    activation: 'relu6',
    answer: true,
  }),
  convolution('bias per image, residual in place, relu, 3 → 21 channels', {
    input: [2, 3, 4, 3],
    outChannels: 21,
    bias: 'image',
    residual: 'in place',
    activation: 'relu',
    answer: true,
  }),
  pointwise('1×1, 5 → 144 channels, no bias', {
    input: [1, 1, 3, 5],
    outChannels: 144,
    bias: 'none',
    answer: true,
  }),
  convolution('3 → 4 channels, 260 pixels', { input: [1, 13, 20, 3], outChannels: 4, answer: true }),
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
