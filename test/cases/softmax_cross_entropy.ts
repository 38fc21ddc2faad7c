import { randomArray4, type Shape4 } from '../reference/array4.ts'
import { randomSource, randomValues } from '../reference/random.ts'
import type { SoftmaxCrossEntropy } from '../reference/softmax_cross_entropy.ts'

export interface SoftmaxCrossEntropyCase {
  name: string
  /** [n, h, w, c] */
  logits: Shape4
  /** of the labels, which are as high as the logits */
  width: number
  alignCorners: boolean
  /** the logits are uniform in (−scale, scale) */
  scale?: number
  classWeights?: boolean
  /** of the gradient; 1 if absent */
  lossWeight?: number
  /** share of the labels that are 255; a fifth if absent */
  ignored?: number
  /** share of the labels that are ids of no class, which count as ignored */
  invalid?: number
  seed: number
  /** a real size, worth timing */
  bench?: boolean
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
  {
    name: '513×513 from output stride 16',
    logits: [1, 513, 33, 21],
    width: 513,
    seed: 1,
    bench: true,
  },
]

export const cases: SoftmaxCrossEntropyCase[] = [true, false].flatMap(alignCorners =>
  sizes.map(test => ({
    ...test,
    alignCorners,
    name: `${test.name}, ${alignCorners ? 'corners' : 'edges'} aligned`,
  })),
)

/** The operands of a case, made from its seed. */
export function softmaxCrossEntropyOf(test: SoftmaxCrossEntropyCase): SoftmaxCrossEntropy {
  const { width, alignCorners, scale = 4, seed, ignored = 0.2, invalid = 0, lossWeight } = test
  const [n, height, , channels] = test.logits
  const next = randomSource(seed + 1)
  const labels = Uint8Array.from({ length: n * height * width }, () => {
    const draw = next()
    if (draw < ignored) return 255
    return draw < ignored + invalid
      ? channels + Math.floor(next() * (255 - channels))
      : Math.floor(next() * channels)
  })
  return {
    logits: randomArray4(test.logits, seed, scale),
    labels,
    height,
    width,
    alignCorners,
    ignoreIndex: 255,
    lossWeight,
    ...(test.classWeights && { classWeights: randomValues(channels, seed + 2).map(Math.abs) }),
  }
}
