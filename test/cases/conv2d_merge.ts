import type { Activation } from '../reference/activation.ts'
import { type Plant, plantedArray4, randomArray4, type Shape4 } from '../reference/array4.ts'
import type { Conv2dMerge } from '../reference/conv2d_merge.ts'
import { randomValues } from '../reference/random.ts'

export interface Conv2dMergeCase {
  name: string
  /** of the output */
  shape: Shape4
  splits: number
  bias: 'channel' | 'image'
  residual: boolean
  activation: Activation
  seed: number
  /** a NaN or an infinity in the first partial sum */
  plant?: Plant
  /** a real layer, worth timing */
  bench?: boolean
}

const plain = { splits: 2, bias: 'channel', residual: false, activation: 'none', seed: 1 } as const

export const cases: Conv2dMergeCase[] = [
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

/** The operands of a case, made from its seed: wide enough that relu6 meets both of its bounds. */
export function conv2dMergeOf({
  shape,
  splits,
  bias,
  residual,
  activation,
  seed,
  plant,
}: Conv2dMergeCase): Conv2dMerge {
  const first = plantedArray4(shape, seed, plant)
  const others = Array.from({ length: splits - 1 }, (_, i) => randomArray4(shape, seed + i + 1, 4))
  return {
    partials: [first, ...others],
    bias: randomValues(bias === 'image' ? shape[0] * shape[3] : shape[3], seed + 100, 4),
    ...(residual && { residual: randomArray4(shape, seed + 101) }),
    activation,
  }
}
