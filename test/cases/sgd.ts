import { randomValues } from '../reference/random.ts'
import type { Sgd } from '../reference/sgd.ts'

export interface SgdCase {
  name: string
  count: number
  learningRate: number
  multiplier: number
  momentum: number
  weightDecay: number
  seed: number
  /** a real network's, worth timing */
  bench?: boolean
}

/** The paper's (DeepLabv3, section 4.1), but for a rate at which a step shows. */
const plain = { learningRate: 0.07, multiplier: 1, momentum: 0.9, weightDecay: 1e-4, seed: 1 }

export const cases: SgdCase[] = [
  { ...plain, name: 'one parameter', count: 1 },
  { ...plain, name: 'an odd count, ten times the rate', count: 321, multiplier: 10 },
  { ...plain, name: 'without decay', count: 64, weightDecay: 0 },
  { ...plain, name: 'without momentum', count: 100, momentum: 0 },
  {
    ...plain,
    name: 'a rate of zero: the parameters stay, the velocities do not',
    count: 65,
    learningRate: 0,
  },
  { ...plain, name: 'a million parameters', count: 1 << 20, bench: true },
]

/** The operands of a case, made from its seed. */
export function sgdOf({ count, seed, ...rates }: SgdCase): Sgd {
  return {
    ...rates,
    parameters: randomValues(count, seed),
    gradients: randomValues(count, seed + 1),
    velocities: randomValues(count, seed + 2),
  }
}
