import { randomValues } from '../reference/random.ts'

export interface CopyCase {
  name: string
  /** vectors of four floats */
  count: number
  perInvocation: number
  seed: number
  /** a NaN in its second half */
  nan?: true
  /** large enough to be worth timing */
  bench?: boolean
}

export const cases: CopyCase[] = [
  { name: 'one vector', count: 1, perInvocation: 1, seed: 1 },
  { name: 'one for an invocation that could copy more', count: 1, perInvocation: 16, seed: 1 },
  { name: 'a workgroup and one', count: 65, perInvocation: 1, seed: 1 },
  { name: 'a count that invocations do not share equally', count: 1001, perInvocation: 4, seed: 1 },
  { name: 'NaN', count: 130, perInvocation: 3, seed: 1, nan: true },
  { name: '16 MiB', count: 2 ** 20, perInvocation: 4, seed: 1, bench: true },
]

/** The operand of a case, made from its seed. */
export function copyOf({ count, seed, nan }: CopyCase): Float64Array {
  const values = randomValues(4 * count, seed)
  return nan ? values.fill(Number.NaN, 3 * count, 3 * count + 1) : values
}
