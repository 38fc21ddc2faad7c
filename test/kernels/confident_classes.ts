import { expect } from 'chai'
import { classMapWords } from '../../src/kernels/resizing/upsample_argmax.ts'
import { confidentClasses } from '../../src/kernels/training/confident_classes.ts'
import { randomArray4, type Shape4 } from '../reference/array4.ts'
import { type ConfidentClasses, confidentClasses as reference } from '../reference/confident_classes.ts'
import { toGpu } from '../support/activations.ts'
import type { Expected } from '../support/expected.ts'
import type { KernelCase, KernelSuite } from '../support/kernel_suite.ts'

interface Case extends KernelCase {
  /** [n, h, w, c] */
  logits: Shape4
  height: number
  width: number
  alignCorners: boolean
  confidence: number
  seed: number
  /** Half the range of the logits: with large ones a network is sure of most pixels. Default: 6. */
  range?: number
  /** Every class has the same logits. */
  allEqual?: boolean
}

const plain = { alignCorners: false, confidence: 0.95, seed: 1 }
const IGNORED = 255

const cases: Case[] = [
  { ...plain, name: 'one class: sure everywhere', logits: [1, 3, 5, 1], height: 6, width: 7 },
  { ...plain, name: 'one pixel, three images', logits: [3, 1, 1, 5], height: 3, width: 3, answer: true },
  { ...plain, name: 'corners aligned', logits: [2, 5, 4, 21], height: 17, width: 13, alignCorners: true },
  { ...plain, name: 'a size that is no multiple of 4', logits: [3, 4, 3, 3], height: 9, width: 11 },
  { ...plain, name: '150 classes', logits: [1, 3, 3, 150], height: 11, width: 9, confidence: 0.5 },
  { ...plain, name: 'large logits', logits: [2, 5, 5, 21], height: 33, width: 33, range: 200 },
  {
    ...plain,
    name: 'a low confidence',
    logits: [2, 5, 5, 6],
    height: 21,
    width: 21,
    confidence: 0.3,
    answer: true,
  },
  { ...plain, name: 'any confidence: argmax', logits: [1, 5, 5, 21], height: 21, width: 21, confidence: 0 },
  {
    ...plain,
    name: 'all classes equal: never sure',
    logits: [1, 4, 4, 12],
    height: 9,
    width: 9,
    allEqual: true,
  },
  {
    ...plain,
    name: '513×513 from output stride 16',
    logits: [1, 33, 33, 21],
    height: 513,
    width: 513,
    bench: true,
  },
]

export const suite: KernelSuite<Case> = {
  shader: 'confident_classes',
  cases,
  run(test) {
    const { name: label, height, width, alignCorners, confidence } = test
    const input = randomArray4(test.logits, test.seed, test.range ?? 6)
    const channels = test.logits[3]
    if (test.allEqual) input.data = input.data.map((_, i, all) => all[i - (i % channels)])
    const options = { input: test.logits, height, width, alignCorners, confidence, ignoreIndex: IGNORED }
    return {
      kernel: confidentClasses({ label, ...options }),
      data: { logits: toGpu(input) },
      expected: { classes: labels(test, input.data) },
    }
  },
}

/** Labels of each image, from a whole word on. Where two classes or the confidence are very close, float32 may choose either. */
function labels(test: Case, data: Float64Array): Expected {
  const { height, width, confidence, alignCorners } = test
  const [n, h, w, c] = test.logits
  const bytes = classMapWords(height, width) * 4
  const images = Array.from({ length: n }, (_, i): ConfidentClasses => {
    const input = { shape: [1, h, w, c] as const, data: data.slice(i * h * w * c, (i + 1) * h * w * c) }
    return reference({ input, height, width, alignCorners }, { confidence, ignoreIndex: IGNORED })
  })
  const isClose = ({ above, margin }: ConfidentClasses, pixel: number) =>
    Math.abs(above[pixel]) < 1e-5 || (margin[pixel] > 0 && margin[pixel] < 1e-4)
  return {
    check: actual => {
      for (const [i, image] of images.entries()) {
        const map = actual.subarray(i * bytes, (i + 1) * bytes)
        for (const [pixel, label] of image.classes.entries())
          if (!isClose(image, pixel)) expect(map[pixel], `image ${i}, pixel ${pixel}`).to.equal(label)
        const rest = [...map.subarray(height * width)]
        expect(rest, 'after the last pixel').to.deep.equal(rest.map(() => 0))
      }
    },
    answer: () => {
      const values = new Uint8Array(n * bytes)
      for (const [i, image] of images.entries()) {
        if (image.classes.some((_, pixel) => isClose(image, pixel)))
          throw new Error('a pixel is so close that float32 may choose either')
        values.set(image.classes, i * bytes)
      }
      return { values }
    },
  }
}
