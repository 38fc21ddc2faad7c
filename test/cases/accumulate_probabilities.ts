import type { AccumulateProbabilities } from '../reference/accumulate_probabilities.ts'
import { randomArray4, type Shape4 } from '../reference/array4.ts'

export interface AccumulateProbabilitiesCase {
  name: string
  logits: Shape4
  /** of the accumulator */
  height: number
  width: number
  alignCorners: boolean
  flip: boolean
  weight: number
  seed: number
  /** a real size, worth timing */
  bench?: boolean
}

const plain = { alignCorners: false, flip: false, weight: 1, seed: 1 } as const

export const cases: AccumulateProbabilitiesCase[] = [
  { ...plain, name: 'one class', logits: [1, 3, 5, 1], height: 6, width: 7 },
  { ...plain, name: 'one pixel, batch 3', logits: [3, 1, 1, 21], height: 5, width: 7, flip: true },
  { ...plain, name: 'same size, mirrored', logits: [1, 17, 13, 5], height: 17, width: 13, flip: true },
  {
    ...plain,
    name: 'enlarge, corners aligned',
    logits: [1, 9, 7, 3],
    height: 33,
    width: 26,
    alignCorners: true,
  },
  {
    ...plain,
    name: 'enlarge, mirrored, a third',
    logits: [1, 9, 7, 21],
    height: 33,
    width: 26,
    flip: true,
    weight: 1 / 3,
  },
  {
    ...plain,
    name: 'enlarge, corners aligned, mirrored, batch 3',
    logits: [3, 5, 9, 24],
    height: 17,
    width: 33,
    alignCorners: true,
    flip: true,
    weight: 0.25,
  },
  { ...plain, name: 'shrink (a scale above 1)', logits: [2, 17, 13, 21], height: 9, width: 6, weight: 0.5 },
  { ...plain, name: '150 classes', logits: [1, 5, 3, 150], height: 17, width: 11 },
  {
    ...plain,
    name: '257×257 from output stride 16',
    logits: [1, 17, 17, 21],
    height: 257,
    width: 257,
    flip: true,
    weight: 0.5,
    bench: true,
  },
]

/** The operands of a case, made from its seed. */
export function accumulateProbabilitiesOf(test: AccumulateProbabilitiesCase): AccumulateProbabilities {
  const { logits, height, width, alignCorners, flip, weight, seed } = test
  return {
    logits: randomArray4(logits, seed, 4),
    accumulator: randomArray4([logits[0], height, width, logits[3]], seed + 1),
    alignCorners,
    flip,
    weight,
  }
}
