import { type Array4, type Plant, plantedArray4 } from '../reference/array4.ts'

export interface ConcatCase {
  name: string
  /** of every input */
  map: readonly [n: number, h: number, w: number]
  /** of each input */
  channels: readonly number[]
  seed: number
  /** a NaN or an infinity in each input */
  plant?: Plant
  /** a real layer, worth timing */
  bench?: boolean
}

export const cases: ConcatCase[] = [
  { name: 'one input', map: [1, 3, 5], channels: [3], seed: 1 },
  { name: 'one pixel, 1 and 1 channels', map: [1, 1, 1], channels: [1, 1], seed: 1 },
  { name: '1, 3 and 5 channels, odd map', map: [1, 17, 13], channels: [1, 3, 5], seed: 1 },
  { name: '21 and 24 channels, batch 3', map: [3, 9, 7], channels: [21, 24], seed: 1 },
  { name: '24, 960 and 4 channels, one row', map: [1, 1, 7], channels: [24, 960, 4], seed: 1 },
  { name: 'NaN', map: [2, 3, 3], channels: [3, 4], seed: 1, plant: { value: Number.NaN, at: [1, 2, 2, 2] } },
  {
    name: 'Inf',
    map: [1, 3, 3],
    channels: [4, 8],
    seed: 1,
    plant: { value: Number.POSITIVE_INFINITY, at: [0, 0, 0, 0] },
  },
  {
    name: 'aspp: five branches of 256',
    map: [1, 33, 33],
    channels: [256, 256, 256, 256, 256],
    seed: 1,
    bench: true,
  },
]

/** The operands of a case, made from its seed. */
export function concatOf({ map, channels, seed, plant }: ConcatCase): Array4[] {
  return channels.map((c, i) => plantedArray4([...map, c], seed + i, plant))
}
