import { randomValues } from '../reference/random.ts'

export interface MultiplyAddCase {
  name: string
  /** vectors of four floats */
  count: number
  rounds: number
  chains: number
  factor: number
  addend: number
  seed: number
  /** a NaN in the second half of the input */
  nan?: true
  /** large enough to be worth timing */
  bench?: boolean
}

/** Of a size below 1, so that rounding errors die away, and near it, so that the start is not forgotten. */
const line = { factor: -0.96, addend: 0.5, seed: 1 }

export const cases: MultiplyAddCase[] = [
  { ...line, name: 'one invocation, one chain, one round', count: 1, rounds: 1, chains: 1 },
  { ...line, name: 'no round at all', count: 5, rounds: 0, chains: 3 },
  { ...line, name: 'a workgroup and one, 2 chains', count: 65, rounds: 1, chains: 2 },
  { ...line, name: '8 chains, 5 rounds', count: 130, rounds: 5, chains: 8 },
  { ...line, name: 'growing', count: 7, rounds: 2, chains: 4, factor: 1.05 },
  { ...line, name: 'NaN', count: 70, rounds: 1, chains: 2, nan: true },
  { ...line, name: '2¹⁸ invocations', count: 2 ** 18, rounds: 4, chains: 4, bench: true },
]

/** The operand of a case, made from its seed. */
export function multiplyAddOf({ count, seed, nan }: MultiplyAddCase): Float64Array {
  const values = randomValues(4 * count, seed)
  return nan ? values.fill(Number.NaN, 3 * count, 3 * count + 1) : values
}
