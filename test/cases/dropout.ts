import { type Plant, plantedArray4, type Shape4 } from '../reference/array4.ts'
import type { Dropout } from '../reference/dropout.ts'

export interface DropoutCase {
  name: string
  shape: Shape4
  p: number
  /** of training */
  step: number
  seed: number
  /** a NaN or an infinity in the input */
  plant?: Plant
  /** a real layer, worth timing */
  bench?: boolean
}

export const cases: DropoutCase[] = [
  { name: 'one value', shape: [1, 1, 1, 1], p: 0.5, step: 0, seed: 1 },
  { name: '3 channels, batch 2', shape: [2, 1, 7, 3], p: 0.5, step: 1, seed: 2 },
  { name: '5 channels, odd map', shape: [1, 17, 13, 5], p: 0.1, step: 30_000, seed: 1 },
  { name: '21 channels, batch 3, most dropped', shape: [3, 9, 7, 21], p: 0.9, step: 7, seed: 4_000_000_000 },
  { name: 'nothing dropped', shape: [1, 5, 3, 320], p: 0, step: 1, seed: 1 },
  {
    name: 'NaN',
    shape: [1, 5, 3, 24],
    p: 0.1,
    step: 2,
    seed: 1,
    plant: { value: Number.NaN, at: [0, 2, 1, 3] },
  },
  { name: 'aspp.dropout', shape: [1, 33, 33, 256], p: 0.5, step: 1, seed: 1, bench: true },
]

/** The operands of a case; the input is made from its seed. */
export function dropoutOf({ shape, p, step, seed, plant }: DropoutCase): Dropout {
  return { input: plantedArray4(shape, seed, plant), p, step, seed }
}
