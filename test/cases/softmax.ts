import { type Array4, type Plant, plantedArray4, type Shape4 } from '../reference/array4.ts'

export interface SoftmaxCase {
  name: string
  input: Shape4
  /** the logits are uniform in (−scale, scale) */
  scale: number
  seed: number
  /** a NaN or an infinity in the input */
  plant?: Plant
  /** a real layer, worth timing */
  bench?: boolean
}

const plain = { scale: 4, seed: 1 } as const

export const cases: SoftmaxCase[] = [
  { ...plain, name: 'one channel: all ones', input: [1, 3, 5, 1] },
  { ...plain, name: '3 channels, one row', input: [1, 1, 7, 3] },
  { ...plain, name: '5 channels, odd map', input: [1, 17, 13, 5] },
  { ...plain, name: '21 channels, batch 3', input: [3, 9, 7, 21] },
  { ...plain, name: '24 channels', input: [1, 8, 6, 24] },
  { ...plain, name: '960 channels', input: [1, 5, 3, 960] },
  { ...plain, name: 'logits whose exp overflows float32', input: [1, 9, 7, 21], scale: 200 },
  {
    ...plain,
    name: 'NaN: its pixel is NaN',
    input: [1, 5, 3, 5],
    plant: { value: Number.NaN, at: [0, 2, 1, 3] },
  },
  {
    ...plain,
    name: 'Inf: its pixel is NaN',
    input: [1, 5, 3, 24],
    plant: { value: Number.POSITIVE_INFINITY, at: [0, 2, 1, 23] },
  },
  {
    ...plain,
    name: '−Inf: a probability of zero',
    input: [1, 5, 3, 5],
    plant: { value: Number.NEGATIVE_INFINITY, at: [0, 0, 0, 0] },
  },
  { ...plain, name: 'logits of 21 classes', input: [1, 129, 129, 21], bench: true },
]

/** The operand of a case, made from its seed. */
export function softmaxOf({ input, scale, seed, plant }: SoftmaxCase): Array4 {
  return plantedArray4(input, seed, plant, scale)
}
