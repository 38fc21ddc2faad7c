import { type Array4, type Plant, plantedArray4, type Shape4 } from '../reference/array4.ts'
import { randomValues } from '../reference/random.ts'

export interface BatchNormStatisticsCase {
  name: string
  input: Shape4
  /** added to every value of the input */
  shift?: number
  seed: number
  /** a NaN in the input */
  plant?: Plant
  /** a real layer, worth timing */
  bench?: boolean
}

export const cases: BatchNormStatisticsCase[] = [
  { name: 'image pooling: two images of one pixel', input: [2, 1, 1, 320], seed: 1 },
  { name: 'one channel, one row', input: [1, 1, 7, 1], seed: 1 },
  { name: '3 channels, batch 3', input: [3, 5, 7, 3], seed: 1 },
  { name: '5 channels, odd map', input: [1, 17, 13, 5], seed: 1 },
  { name: '21 channels, batch 2', input: [2, 9, 7, 21], seed: 1 },
  { name: '24 channels, more tiles than lanes', input: [2, 65, 33, 24], seed: 1 },
  { name: 'a mean a thousand times the deviation', input: [2, 17, 13, 5], shift: 500, seed: 1 },
  {
    name: 'NaN: its channel alone',
    input: [1, 5, 3, 5],
    seed: 1,
    plant: { value: Number.NaN, at: [0, 2, 1, 3] },
  },
  { name: 'aspp.bn, batch 2', input: [2, 33, 33, 256], seed: 1, bench: true },
  { name: 'resnet50.bn1', input: [1, 257, 257, 64], seed: 1, bench: true },
]

/** The operands of a case, made from its seed. */
export function batchNormStatisticsOf({ input: shape, shift = 0, seed, plant }: BatchNormStatisticsCase) {
  const { data } = plantedArray4(shape, seed, plant)
  const input: Array4 = { shape, data: data.map(x => Math.fround(x + shift)) }
  const running = {
    runningMean: randomValues(shape[3], seed + 1),
    runningVariance: randomValues(shape[3], seed + 2, 0.5).map(v => Math.fround(1 + v)),
    momentum: 0.1,
  }
  return { input, running }
}
