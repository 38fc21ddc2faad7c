import { randomArray4, type Shape4 } from '../reference/array4.ts'
import type { Resize } from '../reference/resize.ts'

export interface UpsampleArgmaxCase {
  name: string
  /** [1, h, w, c] */
  logits: Shape4
  height: number
  width: number
  alignCorners: boolean
  seed: number
  /** every class has the same logits: class 0 wins everywhere */
  allEqual?: boolean
  /** a real size, worth timing */
  bench?: boolean
}

const sizes: Omit<UpsampleArgmaxCase, 'alignCorners'>[] = [
  { name: 'one class', logits: [1, 3, 5, 1], height: 6, width: 7, seed: 1 },
  { name: 'one pixel', logits: [1, 1, 1, 21], height: 5, width: 7, seed: 1 },
  { name: 'one row', logits: [1, 1, 7, 3], height: 9, width: 17, seed: 1 },
  { name: 'same size', logits: [1, 17, 13, 5], height: 17, width: 13, seed: 1 },
  { name: 'enlarge by odd ratios', logits: [1, 9, 7, 21], height: 65, width: 50, seed: 1 },
  { name: 'a width that is no multiple of 4', logits: [1, 5, 5, 21], height: 31, width: 33, seed: 1 },
  { name: 'shrink', logits: [1, 17, 13, 24], height: 9, width: 6, seed: 1 },
  { name: '150 classes, as of ADE20K', logits: [1, 5, 3, 150], height: 17, width: 11, seed: 1 },
  {
    name: 'all classes equal: the lowest id',
    logits: [1, 5, 3, 21],
    height: 17,
    width: 11,
    seed: 1,
    allEqual: true,
  },
  {
    name: '513×513 from output stride 16',
    logits: [1, 33, 33, 21],
    height: 513,
    width: 513,
    seed: 1,
    bench: true,
  },
]

export const cases: UpsampleArgmaxCase[] = [true, false].flatMap(alignCorners =>
  sizes.map(test => ({
    ...test,
    alignCorners,
    name: `${test.name}, ${alignCorners ? 'corners' : 'edges'} aligned`,
  })),
)

/** The operands of a case, made from its seed. */
export function upsampleArgmaxOf(test: UpsampleArgmaxCase): Resize {
  const { height, width, alignCorners } = test
  const input = randomArray4(test.logits, test.seed, 4)
  const channels = test.logits[3]
  if (test.allEqual) input.data = input.data.map((_, index, all) => all[index - (index % channels)])
  return { input, height, width, alignCorners }
}
