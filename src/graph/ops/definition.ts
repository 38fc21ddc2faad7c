// What a kind of op is, besides its type and its shape rule.

import type { Step } from '../lower/step.ts'
import type { Lowering } from './lowering.ts'
import type { GradientRule } from './tape.ts'

export interface OpDefinition<Op> {
  /** The kernels that compute the op, in order. */
  lower(op: Op, lowering: Lowering): Step[]
}

/** An op that may stand between parameters and loss. */
export interface DifferentiableOp<Op> extends OpDefinition<Op> {
  gradient: GradientRule<Op> | NoGradient
}

export interface NoGradient {
  /** Why there is no gradient. */
  none: string
}
