import { randomWeight } from '../reference/array4.ts'
import type { FoldBatchNormBackward } from '../reference/fold_batch_norm_backward.ts'
import { randomValues } from '../reference/random.ts'
import { type FoldBatchNormCase, foldBatchNormOf, cases as foldCases } from './fold_batch_norm.ts'

export type FoldBatchNormBackwardCase = FoldBatchNormCase & { bench?: boolean }

/** Those of `fold_batch_norm` without a bias. */
export const cases: FoldBatchNormBackwardCase[] = foldCases
  .filter(({ bias }) => !bias)
  .map(test => ({ ...test, bench: test.weight[0] > 100 }))

/** The operands of a case, made from its seed. */
export function foldBatchNormBackwardOf(test: FoldBatchNormBackwardCase): FoldBatchNormBackward {
  return {
    ...foldBatchNormOf(test),
    foldedGradient: randomWeight(test.weight, test.seed + 6),
    betaGradient: randomValues(test.weight[0], test.seed + 7),
  }
}
