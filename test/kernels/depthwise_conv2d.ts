import { depthwiseConv2d } from '../../src/kernels/convolution/depthwise_conv2d.ts'
import { plantedArray4, randomArray4, randomWeight } from '../reference/array4.ts'
import { tolerance } from '../reference/compare.ts'
import {
  type DepthwiseConv2d,
  depthwiseConv2dShape,
  depthwiseConv2d as reference,
} from '../reference/depthwise_conv2d.ts'
import { randomValues } from '../reference/random.ts'
import { padding, paddingOf } from '../reference/window.ts'
import { toGpu } from '../support/activations.ts'
import { activations } from '../support/expected.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import { packWeight } from '../support/pack_weight.ts'
import { type Conv2dCase, rowsOf } from './shared/conv2d_cases.ts'

export interface DepthwiseConv2dCase
  extends Omit<Conv2dCase, 'outChannels' | 'bias' | 'residual' | 'spotCheck'> {
  bias: boolean
  residual: boolean
}

/** What a case is unless it says otherwise: one 3×3 over a 17×13 map of 5 channels. */
const plain: Omit<DepthwiseConv2dCase, 'name'> = {
  input: [1, 17, 13, 5],
  kernel: [3, 3],
  stride: 1,
  dilation: 1,
  padding: padding(1),
  bias: true,
  residual: false,
  activation: 'none',
  seed: 1,
}
const row = rowsOf<DepthwiseConv2dCase>(plain)

/** A layer of MobileNetV2 after its batch norm is folded. */
const layer = { ...plain, padding: 'same', activation: 'relu6', bench: true } as const

const shapes: DepthwiseConv2dCase[] = [
  row('one pixel, one channel, 1×1', { input: [1, 1, 1, 1], kernel: [1, 1] }),
  row('one pixel, 3×3: only the centre tap', { input: [1, 1, 1, 3] }),
  row('one row', { input: [1, 1, 7, 24] }),
  row('one channel, batch 3', { input: [3, 7, 9, 1] }),
  row('three channels, odd map, no bias', { input: [1, 17, 13, 3], bias: false }),
  row('21 channels, batch 3', { input: [3, 9, 11, 21] }),
  row('24 channels on 33×33', { input: [1, 33, 33, 24] }),
  row('960 channels', { input: [1, 7, 5, 960] }),
  row('5×5 kernel', { kernel: [5, 5] }),
  row('1×3 kernel', { kernel: [1, 3], padding: { top: 0, bottom: 0, left: 1, right: 1 } }),
  row('7×7 kernel, wider than the map', { input: [1, 5, 3, 24], kernel: [7, 7] }),
]

const windows: DepthwiseConv2dCase[] = [
  row('stride 2, odd map', { stride: 2 }),
  row('stride 2, even map', { input: [1, 16, 12, 24], stride: 2 }),
  row('SAME, stride 2, odd map: symmetric', { stride: 2, padding: 'same' }),
  row('SAME, stride 2, even map: asymmetric', { input: [3, 16, 12, 24], stride: 2, padding: 'same' }),
  row('no padding', { padding: padding(0) }),
  row('four different paddings', { padding: { top: 0, bottom: 3, left: 1, right: 2 } }),
  row('padding wider than the kernel', { padding: padding(5) }),
  row('dilation 2, stride 2', { dilation: 2, stride: 2 }),
  row('dilation 6, asymmetric', { dilation: 6, padding: { top: 0, bottom: 12, left: 9, right: 3 } }),
  row('dilation 8 on 9×9: the edges alone see other taps', { input: [1, 9, 9, 24], dilation: 8 }),
  row('dilation 24 on 9×9: only the centre tap', { input: [3, 9, 9, 21], dilation: 24 }),
]

/** Awkward for strips of rows: ends within a block, more or fewer rows than a strip has, rows that alternate. */
const strips: DepthwiseConv2dCase[] = [
  row('several strips, the last one shorter', { input: [1, 83, 3, 5] }),
  row('several strips, batch 3', { input: [3, 41, 5, 8] }),
  row('several strips, stride 2, odd map', { input: [1, 165, 4, 5], stride: 2 }),
  row('several strips, stride 2, even map', { input: [2, 166, 5, 3], stride: 2, padding: 'same' }),
  row('dilation 2, odd rows', { input: [1, 35, 6, 5], dilation: 2 }),
  row('dilation 4, several strips', { input: [2, 87, 7, 5], dilation: 4 }),
  row('dilation 4 beyond the map', { input: [2, 3, 3, 5], dilation: 4 }),
  row('stride 2, dilation 3', { input: [1, 37, 11, 5], stride: 2, dilation: 3 }),
  row('stride 4, dilation 6', { input: [1, 39, 14, 5], stride: 4, dilation: 6 }),
  row('stride 4, wider than the kernel', { input: [1, 39, 14, 5], stride: 4, padding: padding(0) }),
  row('5×3 kernel, stride 2', { input: [1, 19, 12, 5], kernel: [5, 3], stride: 2, padding: padding(1) }),
  row('4×4 kernel, stride 3', { input: [1, 20, 13, 5], kernel: [4, 4], stride: 3, padding: padding(1) }),
]

const epilogues: DepthwiseConv2dCase[] = [
  row('relu', { activation: 'relu' }),
  row('relu6', { activation: 'relu6' }),
  row('residual, relu6, batch 3', { input: [3, 9, 9, 24], residual: true, activation: 'relu6' }),
  row('NaN survives relu6', { activation: 'relu6', plant: { value: Number.NaN, at: [0, 8, 6, 1] } }),
  row('Inf in the input', { plant: { value: Number.POSITIVE_INFINITY, at: [0, 0, 0, 0] } }),
  row('−Inf in the input, relu', {
    activation: 'relu',
    input: [1, 9, 9, 24],
    plant: { value: Number.NEGATIVE_INFINITY, at: [0, 4, 4, 23] },
  }),
]

const layers: DepthwiseConv2dCase[] = [
  { ...layer, name: 'mobilenet_v2 32 channels on 65×65', input: [1, 65, 65, 32] },
  { ...layer, name: 'mobilenet_v2 96 channels, stride 2, on 257×257', input: [1, 257, 257, 96], stride: 2 },
  { ...layer, name: 'mobilenet_v2 192 channels on 65×65', input: [1, 65, 65, 192] },
  { ...layer, name: 'mobilenet_v2 960 channels, dilation 2, on 33×33', input: [1, 33, 33, 960], dilation: 2 },
]

/** For `atrous doctor`. The second has two strips of rows. */
const small: DepthwiseConv2dCase[] = [
  row('dilation 2, residual, relu6, batch 2', {
    input: [2, 6, 5, 5],
    dilation: 2,
    residual: true,
    activation: 'relu6',
    answer: true,
  }),
  row('two strips, 3 channels, relu', { input: [1, 19, 3, 3], activation: 'relu', answer: true }),
  row('stride 2, 5 channels on 6×5, no bias', { input: [1, 6, 5, 5], stride: 2, bias: false, answer: true }),
  row('stride 2, dilation 2, 3 channels', { input: [1, 7, 6, 3], stride: 2, dilation: 2, answer: true }),
]

export const cases: DepthwiseConv2dCase[] = [
  ...shapes,
  ...windows,
  ...strips,
  ...epilogues,
  ...small,
  ...layers,
]

/** The operands of a case, made from its seed. */
export function depthwiseConv2dOf(test: DepthwiseConv2dCase): DepthwiseConv2d {
  const { seed, stride, dilation, activation, kernel } = test
  const c = test.input[3]
  const conv: DepthwiseConv2d = {
    input: plantedArray4(test.input, seed, test.plant),
    weight: randomWeight([c, 1, ...kernel], seed + 1),
    stride,
    dilation,
    padding: paddingOf(test),
    activation,
  }
  // So large that some results are beyond both bounds of relu6.
  if (test.bias) conv.bias = randomValues(c, seed + 2, activation === 'relu6' ? 8 : 1)
  if (test.residual) conv.residual = randomArray4(depthwiseConv2dShape(conv), seed + 3)
  return conv
}

export const suite: KernelSuite<DepthwiseConv2dCase> = {
  shader: 'depthwise_conv2d',
  cases,
  run: test => depthwiseRun(test),
  variants: {
    "in a hardware GPU's strips": {
      cases: [
        row('many low strips', { input: [2, 23, 9, 5] }),
        row('many low strips, rate 2', { input: [1, 23, 9, 5], dilation: 2 }),
      ],
      run: test => depthwiseRun(test, true),
    },
  },
}

function depthwiseRun(test: DepthwiseConv2dCase, onGpu = false): KernelRun {
  const operands = depthwiseConv2dOf(test)
  const { input, weight, bias, residual, padding } = operands
  const { name: label, kernel, stride, dilation, activation } = test
  return {
    kernel: depthwiseConv2d({
      label,
      input: input.shape,
      kernel,
      stride,
      dilation,
      padding,
      residual: test.residual,
      activation,
      onGpu,
    }),
    data: {
      input: toGpu(input),
      ...packWeight({ weight, bias, depthwise: true }),
      ...(residual && { residual: toGpu(residual) }),
    },
    expected: {
      output: activations(() => reference(operands), { rtol: tolerance(kernel[0] * kernel[1]) }),
    },
  }
}
