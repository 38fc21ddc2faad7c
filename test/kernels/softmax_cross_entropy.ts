import { classMapWords } from '../../src/kernels/resizing/upsample_argmax.ts'
import { softmaxCrossEntropy } from '../../src/kernels/training/softmax_cross_entropy.ts'
import { randomArray4, type Shape4 } from '../reference/array4.ts'
import { expectClose, tolerance } from '../reference/compare.ts'
import { randomSource, randomValues } from '../reference/random.ts'
import {
  softmaxCrossEntropy as reference,
  type SoftmaxCrossEntropy,
} from '../reference/softmax_cross_entropy.ts'
import { toGpu } from '../support/activations.ts'
import { floats } from '../support/expected.ts'
import type { KernelCase, KernelSuite } from '../support/kernel_suite.ts'

export interface SoftmaxCrossEntropyCase extends KernelCase {
  /** [n, h, w, c] */
  logits: Shape4
  /** of the labels, which are as high as the logits */
  width: number
  alignCorners: boolean
  /** the logits are uniform in (−scale, scale) */
  scale?: number
  classWeights?: boolean
  /** 0 if absent */
  labelSmoothing?: number
  /** of the gradient; 1 if absent */
  lossWeight?: number
  /** the number of classes that labels may be; all if absent */
  present?: number
  /** share of the labels that are 255; a fifth if absent */
  ignored?: number
  /** share of the labels that are ids of no class, which count as ignored */
  invalid?: number
  seed: number
}

const sizes: Omit<SoftmaxCrossEntropyCase, 'alignCorners'>[] = [
  { name: 'one pixel, one class', logits: [1, 1, 1, 1], width: 1, ignored: 0, seed: 1 },
  { name: 'one column to a map, batch 3', logits: [3, 5, 1, 21], width: 7, seed: 1 },
  { name: 'one row, 3 classes', logits: [1, 9, 7, 3], width: 17, seed: 1 },
  {
    name: 'same size, class weights',
    logits: [1, 17, 13, 5],
    width: 13,
    classWeights: true,
    seed: 1,
  },
  {
    name: 'odd ratios, batch 2, class weights',
    logits: [2, 65, 7, 21],
    width: 50,
    classWeights: true,
    lossWeight: 0.4,
    seed: 1,
  },
  { name: 'labels narrower than the logits', logits: [1, 9, 13, 24], width: 6, seed: 1 },
  {
    name: 'logits whose exp overflows float32',
    logits: [1, 31, 5, 21],
    width: 33,
    scale: 200,
    seed: 1,
  },
  { name: 'every label ignored', logits: [2, 17, 3, 5], width: 11, ignored: 1, seed: 1 },
  { name: 'labels of no class', logits: [2, 17, 3, 5], width: 11, invalid: 0.3, seed: 1 },
  { name: '256 classes, the most', logits: [1, 7, 2, 256], width: 9, ignored: 0, seed: 1 },
  { name: 'one class of 21 alone', logits: [2, 17, 3, 21], width: 11, present: 1, seed: 1 },
  { name: 'label smoothing', logits: [2, 17, 5, 21], width: 23, labelSmoothing: 0.1, seed: 1 },
  {
    name: 'label smoothing, class weights, 256 classes',
    logits: [1, 7, 2, 256],
    width: 9,
    labelSmoothing: 0.3,
    classWeights: true,
    seed: 1,
  },
  {
    name: '513×513 from output stride 16',
    logits: [1, 513, 33, 21],
    width: 513,
    seed: 1,
    bench: true,
  },
]

/** For `atrous doctor`. The first has more label pixels than a workgroup takes. */
const small: SoftmaxCrossEntropyCase[] = [
  {
    name: 'two workgroups, class weights, edges aligned',
    logits: [2, 13, 2, 5],
    width: 11,
    alignCorners: false,
    classWeights: true,
    seed: 1,
    answer: true,
  },
  {
    name: 'labels of no class, corners aligned, a loss of weight 0.4',
    logits: [1, 4, 5, 3],
    width: 9,
    alignCorners: true,
    invalid: 0.3,
    lossWeight: 0.4,
    seed: 1,
    answer: true,
  },
  {
    name: 'label smoothing and class weights, edges aligned',
    logits: [1, 4, 3, 5],
    width: 7,
    alignCorners: false,
    classWeights: true,
    labelSmoothing: 0.2,
    seed: 1,
    answer: true,
  },
  {
    name: 'one column to a small map, corners aligned',
    logits: [1, 3, 1, 3],
    width: 5,
    alignCorners: true,
    seed: 1,
    answer: true,
  },
]

export const cases: SoftmaxCrossEntropyCase[] = [
  ...[true, false].flatMap(alignCorners =>
    sizes.map(test => ({
      ...test,
      alignCorners,
      name: `${test.name}, ${alignCorners ? 'corners' : 'edges'} aligned`,
    })),
  ),
  ...small,
]

/** The operands of a case, made from its seed. */
export function softmaxCrossEntropyOf(test: SoftmaxCrossEntropyCase): SoftmaxCrossEntropy {
  const { width, alignCorners, scale = 4, seed, ignored = 0.2, invalid = 0, lossWeight } = test
  const { labelSmoothing } = test
  const [n, height, , channels] = test.logits
  const { present = channels } = test
  const next = randomSource(seed + 1)
  const labels = Uint8Array.from({ length: n * height * width }, () => {
    const draw = next()
    if (draw < ignored) return 255
    return draw < ignored + invalid
      ? channels + Math.floor(next() * (255 - channels))
      : Math.floor(next() * present)
  })
  return {
    logits: randomArray4(test.logits, seed, scale),
    labels,
    height,
    width,
    alignCorners,
    ignoreIndex: 255,
    lossWeight,
    labelSmoothing,
    ...(test.classWeights && { classWeights: randomValues(channels, seed + 2).map(Math.abs) }),
  }
}

/** For all three kernels. */
export function softmaxCrossEntropyOptions(test: SoftmaxCrossEntropyCase) {
  const { name: label, logits: input, width, alignCorners, classWeights, labelSmoothing } = test
  return { label, input, width, alignCorners, classWeights, labelSmoothing, ignoreIndex: 255 }
}

/** The inputs of the two kernels that read the labels. */
export const labelInputs = ({ logits, labels, height, width, classWeights }: SoftmaxCrossEntropy) => ({
  logits: toGpu(logits),
  labels: labelWords(labels, height, width),
  ...(classWeights && { class_weights: Float32Array.from(classWeights) }),
})

/** [n, height, width] as kernels read it: each image padded to whole words. */
export function labelWords(labels: Uint8Array, height: number, width: number): Uint8Array {
  const [pixels, bytes] = [height * width, classMapWords(height, width) * 4]
  const words = new Uint8Array((labels.length / pixels) * bytes)
  for (let n = 0; n * pixels < labels.length; n++)
    words.set(labels.subarray(n * pixels, (n + 1) * pixels), n * bytes)
  return words
}

/** log Σ exp of every label pixel, and partial sums. Which pixels a partial sum is of does not matter. */
export const suite: KernelSuite<SoftmaxCrossEntropyCase> = {
  shader: 'softmax_cross_entropy',
  cases,
  run(test) {
    const operands = softmaxCrossEntropyOf(test)
    const [n, height, , channels] = test.logits
    const shape = [n, height, test.width, 1] as const
    return {
      kernel: softmaxCrossEntropy(softmaxCrossEntropyOptions(test)),
      data: labelInputs(operands),
      expected: {
        log_sum_exp: floats(() => reference(operands).logSumExp, { shape, rtol: tolerance(channels) }),
        partials: {
          check: partials => {
            const { weightedLoss, weight } = reference(operands)
            const sums = new Float32Array(2)
            new Float32Array(partials.buffer).forEach((value, i) => {
              sums[i % 2] += value
            })
            const rtol = tolerance(operands.labels.length)
            expectClose(sums, Float64Array.of(weightedLoss, weight), { shape: [1, 1, 1, 2], rtol })
          },
        },
      },
    }
  },
}
