import { bilateralPairMessage, bilateralPairNorms } from '../../src/kernels/crf/bilateral_pairs.ts'
import { randomArray4, zeros } from '../reference/array4.ts'
import { bilateralPairs, type Colours, normalised } from '../reference/dense_crf.ts'
import { blotches } from '../reference/lattice_lists.ts'
import { toGpu } from '../support/activations.ts'
import { activations, floats } from '../support/expected.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import type { KernelCase, KernelSuite } from '../support/kernel_suite.ts'

interface Case extends KernelCase {
  width: number
  height: number
  classes: number
  xy: number
  rgb: number
}

const cases: Case[] = [
  { name: 'one pixel', width: 1, height: 1, classes: 3, xy: 80, rgb: 13 },
  { name: 'one column', width: 1, height: 17, classes: 1, xy: 5, rgb: 40 },
  { name: '5 classes', width: 7, height: 5, classes: 5, xy: 4, rgb: 60, answer: true },
  { name: '21 classes: one block', width: 19, height: 13, classes: 21, xy: 49, rgb: 5 },
  { name: '33 classes: two blocks, one of them shorter', width: 5, height: 6, classes: 33, xy: 9, rgb: 50 },
  { name: 'deviations that are absurdly small', width: 5, height: 5, classes: 3, xy: 1e-30, rgb: 1e-30 },
  { name: 'deviations that are very large', width: 9, height: 4, classes: 3, xy: 1e6, rgb: 1e6 },
  { name: '21 classes at 64×64', width: 64, height: 64, classes: 21, xy: 80, rgb: 13, bench: true },
]

const normsOf = (image: Colours, test: Case) => {
  const ones = zeros([1, test.height, test.width, 1])
  ones.data.fill(1)
  return bilateralPairs(image, test)(ones).data.map(sum => 1 / Math.sqrt(sum))
}

function messageRun(test: Case): KernelRun {
  const { name: label, width, height, classes, xy, rgb } = test
  const image = blotches(width, height, 1)
  const input = randomArray4([1, height, width, classes], 2)
  const before = randomArray4(input.shape, 3)
  const pixels = width * height
  const reference = () => {
    const data = normalised(bilateralPairs(image, test), input.shape)(input).data
    return { shape: input.shape, data: data.map((value, i) => before.data[i] + 3 * value) }
  }
  return {
    kernel: bilateralPairMessage({
      ...{ label, width, pixels, xy, rgb, scale: 3 },
      vectors: Math.ceil(classes / 4),
    }),
    data: {
      ...{ image: toGpu(image), input: toGpu(input), message: toGpu(before) },
      norms: Float32Array.from(normsOf(image, test)),
    },
    expected: { message: activations(reference, { rtol: 1e-5 }) },
  }
}

function normsRun(test: Case): KernelRun {
  const { name: label, width, height, xy, rgb } = test
  const image = blotches(width, height, 1)
  return {
    kernel: bilateralPairNorms({ label, width, pixels: width * height, xy, rgb }),
    data: { image: toGpu(image) },
    expected: { norms: floats(() => normsOf(image, test), { rtol: 1e-5 }) },
  }
}

export const suite: KernelSuite<Case> = {
  shader: 'bilateral_pairs',
  cases,
  run: messageRun,
  variants: { 'the norms': { cases: cases.filter(({ bench }) => !bench), run: normsRun } },
}
