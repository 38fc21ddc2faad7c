import { conv2dMerge } from '../../src/kernels/convolution/conv2d_merge.ts'
import { symmetric } from '../../src/kernels/geometry.ts'
import type { Activation } from '../reference/activation.ts'
import { type Plant, plantedArray4, randomArray4, type Shape4 } from '../reference/array4.ts'
import { tolerance } from '../reference/compare.ts'
import { type Conv2dMerge, conv2dMerge as reference } from '../reference/conv2d_merge.ts'
import { randomValues } from '../reference/random.ts'
import { toGpu } from '../support/activations.ts'
import { activations } from '../support/expected.ts'
import type { KernelCase, KernelSuite } from '../support/kernel_suite.ts'

interface Case extends KernelCase {
  /** of the output */
  shape: Shape4
  splits: number
  bias: 'channel' | 'image'
  residual: boolean | 'in place'
  activation: Activation
  seed: number
  /** a NaN or an infinity in the first partial sum */
  plant?: Plant
}

const plain = { splits: 2, bias: 'channel', residual: false, activation: 'none', seed: 1 } as const

const cases: Case[] = [
  { ...plain, name: 'one value', shape: [1, 1, 1, 1] },
  { ...plain, name: 'odd map, 5 channels, 7 splits', shape: [1, 17, 13, 5], splits: 7 },
  { ...plain, name: '21 channels, batch 3, relu', shape: [3, 9, 7, 21], activation: 'relu' },
  { ...plain, name: 'bias per image, relu6', shape: [3, 5, 6, 24], bias: 'image', activation: 'relu6' },
  {
    ...plain,
    name: 'bias per image, residual',
    shape: [2, 3, 4, 5],
    bias: 'image',
    residual: true,
    splits: 3,
  },
  {
    ...plain,
    name: 'bias per image, residual, relu6',
    shape: [2, 3, 4, 5],
    bias: 'image',
    residual: true,
    splits: 3,
    activation: 'relu6',
    answer: true,
  },
  { ...plain, name: 'residual in place', shape: [2, 3, 2, 5], residual: 'in place', answer: true },
  {
    ...plain,
    name: 'NaN, relu',
    shape: [1, 5, 3, 4],
    activation: 'relu',
    plant: { value: Number.NaN, at: [0, 2, 1, 3] },
  },
  {
    ...plain,
    name: 'aspp on 33×33, 3 splits',
    shape: [1, 33, 33, 256],
    splits: 3,
    activation: 'relu',
    bench: true,
  },
]

/** Some results are beyond both bounds of relu6. */
function operandsOf({ shape, splits, bias, residual, activation, seed, plant }: Case): Conv2dMerge {
  const first = plantedArray4(shape, seed, plant)
  const others = Array.from({ length: splits - 1 }, (_, i) => randomArray4(shape, seed + i + 1, 4))
  return {
    partials: [first, ...others],
    bias: randomValues(bias === 'image' ? shape[0] * shape[3] : shape[3], seed + 100, 4),
    ...(residual && { residual: randomArray4(shape, seed + 101) }),
    activation,
  }
}

export const suite: KernelSuite<Case> = {
  shader: 'conv2d_merge',
  cases,
  run(test) {
    const operands = operandsOf(test)
    const { shape, splits, residual, activation, name: label } = test
    const [n, h, w, outChannels] = shape
    const { partials, bias } = operands
    return {
      // Of a 1×1: only the shape of its output matters.
      kernel: conv2dMerge({
        ...{ label, input: [n, h, w, 1], outChannels, kernel: [1, 1], stride: 1, dilation: 1 },
        padding: symmetric(0),
        bias: test.bias,
        ...{ residual, activation, splits },
      }),
      data: {
        partials: Float32Array.from(partials.flatMap(partial => [...toGpu(partial)])),
        bias: toGpu({ shape: [bias.length / outChannels, 1, 1, outChannels], data: bias }),
        ...(operands.residual && {
          [residual === 'in place' ? 'output' : 'residual']: toGpu(operands.residual),
        }),
      },
      expected: { output: activations(() => reference(operands), { rtol: tolerance(splits) }) },
    }
  },
}
