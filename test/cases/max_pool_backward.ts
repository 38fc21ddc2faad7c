import { randomArray4 } from '../reference/array4.ts'
import { maxPoolShape } from '../reference/max_pool.ts'
import type { MaxPoolBackward } from '../reference/max_pool_backward.ts'
import { type MaxPoolCase, maxPoolOf, cases as poolCases } from './max_pool.ts'

export interface MaxPoolBackwardCase extends MaxPoolCase {
  /** the input holds whole numbers only, so that windows have more than one maximum */
  ties?: boolean
}

/** Those of `max_pool`, and ties. */
export const cases: MaxPoolBackwardCase[] = [
  ...poolCases,
  ...poolCases
    .filter(({ plant, bench }) => !plant && !bench)
    .map(test => ({ ...test, name: `ties, ${test.name}`, ties: true })),
]

/** The operands of a case, made from its seed. */
export function maxPoolBackwardOf(test: MaxPoolBackwardCase): MaxPoolBackward {
  const pool = maxPoolOf(test)
  const { shape, data } = pool.input
  const input = test.ties ? { shape, data: data.map(x => Math.round(x * 2)) } : pool.input
  return { ...pool, input, outputGradient: randomArray4(maxPoolShape(pool), test.seed + 1) }
}
