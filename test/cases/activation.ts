import type { Activation } from '../reference/activation.ts'
import { type Array4, type Plant, plantedArray4, type Shape4 } from '../reference/array4.ts'

export interface ActivationCase {
  name: string
  input: Shape4
  kind: Activation
  seed: number
  /** a NaN or an infinity in the input */
  plant?: Plant
  /** a real layer, worth timing */
  bench?: boolean
}

const inputs: Omit<ActivationCase, 'kind'>[] = [
  { name: 'one value', input: [1, 1, 1, 1], seed: 1 },
  { name: 'one row, 3 channels', input: [1, 1, 7, 3], seed: 1 },
  { name: 'odd map, 5 channels', input: [1, 17, 13, 5], seed: 1 },
  { name: '21 channels, batch 3', input: [3, 9, 7, 21], seed: 1 },
  { name: '960 channels', input: [1, 5, 3, 960], seed: 1 },
  { name: 'NaN stays NaN', input: [1, 5, 3, 5], seed: 1, plant: { value: Number.NaN, at: [0, 2, 1, 3] } },
  {
    name: 'Inf',
    input: [1, 5, 3, 24],
    seed: 1,
    plant: { value: Number.POSITIVE_INFINITY, at: [0, 4, 2, 23] },
  },
  {
    name: '−Inf',
    input: [1, 5, 3, 5],
    seed: 1,
    plant: { value: Number.NEGATIVE_INFINITY, at: [0, 0, 0, 0] },
  },
  { name: 'resnet50.layer1', input: [1, 129, 129, 256], seed: 1, bench: true },
]

const kinds: Activation[] = ['relu', 'relu6']

export const cases: ActivationCase[] = kinds.flatMap(kind =>
  inputs.map(test => ({ ...test, kind, name: `${kind}, ${test.name}` })),
)

/** The operand of a case, made from its seed: uniform in (−8, 8), so that relu6 meets both of its bounds. */
export function activationOf({ input, seed, plant }: ActivationCase): Array4 {
  return plantedArray4(input, seed, plant, 8)
}
