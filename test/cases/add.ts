import type { Activation } from '../reference/activation.ts'
import type { Add } from '../reference/add.ts'
import { type Plant, plantedArray4, randomArray4, type Shape4 } from '../reference/array4.ts'

export interface AddCase {
  name: string
  shape: Shape4
  activation: Activation
  seed: number
  /** a NaN or an infinity in the first operand */
  plant?: Plant
  /** a real layer, worth timing */
  bench?: boolean
}

export const cases: AddCase[] = [
  { name: 'one value', shape: [1, 1, 1, 1], activation: 'none', seed: 1 },
  { name: 'one row, 3 channels, relu', shape: [1, 1, 7, 3], activation: 'relu', seed: 1 },
  { name: 'odd map, 5 channels', shape: [1, 17, 13, 5], activation: 'none', seed: 1 },
  { name: '21 channels, batch 3, relu', shape: [3, 9, 7, 21], activation: 'relu', seed: 1 },
  { name: '24 channels, relu6', shape: [2, 8, 6, 24], activation: 'relu6', seed: 1 },
  { name: '960 channels', shape: [1, 5, 3, 960], activation: 'none', seed: 1 },
  {
    name: 'NaN, relu',
    shape: [1, 5, 3, 5],
    activation: 'relu',
    seed: 1,
    plant: { value: Number.NaN, at: [0, 2, 1, 3] },
  },
  {
    name: 'NaN, relu6',
    shape: [1, 5, 3, 24],
    activation: 'relu6',
    seed: 1,
    plant: { value: Number.NaN, at: [0, 4, 2, 23] },
  },
  {
    name: '−Inf',
    shape: [1, 5, 3, 5],
    activation: 'none',
    seed: 1,
    plant: { value: Number.NEGATIVE_INFINITY, at: [0, 0, 0, 0] },
  },
  { name: 'resnet50.layer1 shortcut', shape: [1, 129, 129, 256], activation: 'relu', seed: 1, bench: true },
]

/** The operands of a case, made from its seed: wide enough that relu6 meets both of its bounds. */
export function addOf({ shape, activation, seed, plant }: AddCase): Add {
  return { a: plantedArray4(shape, seed, plant), b: randomArray4(shape, seed + 1, 8), activation }
}
