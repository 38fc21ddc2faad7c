import type { AccumulateGradients } from '../reference/accumulate_gradients.ts'
import { randomValues } from '../reference/random.ts'

export interface AccumulateGradientsCase {
  name: string
  count: number
  share: number
  seed: number
  /** a real network's, worth timing */
  bench?: boolean
}

const plain = { share: 0.25, seed: 1 }

export const cases: AccumulateGradientsCase[] = [
  { ...plain, name: 'one parameter', count: 1 },
  { ...plain, name: 'an odd count, a share that rounds', count: 321, share: 1 / 3 },
  { ...plain, name: 'a whole workgroup, the whole batch', count: 64, share: 1 },
  { ...plain, name: 'a million parameters', count: 1 << 20, bench: true },
]

/** The operands of a case, made from its seed. */
export function accumulateGradientsOf({ count, seed, share }: AccumulateGradientsCase): AccumulateGradients {
  return { share, gradients: randomValues(count, seed), sums: randomValues(count, seed + 1) }
}
