// The definition of a kind of op: all of it but its type and its shape rule.

import type { Rows } from '../../kernels/geometry.ts'
import type { Step } from '../lower/step.ts'
import type { Band } from './band.ts'
import type { Lowering } from './lowering.ts'
import type { RuleOf } from './tape.ts'

export interface OpDefinition<Op> {
  /** The kernels that compute the op, in order. */
  lower(op: Op, lowering: Lowering): Step[]
  /** The band that makes these rows of the output. An op without it cannot be computed band by band. */
  band?(op: Op, rows: Rows): Band<Op>
  /** The fields of an op whose output is the sum of what bands of its input make, for a band. */
  share?(op: Op): Partial<Op>
}

/** An op that may stand between parameters and loss. Its gradient emits ops of one type; by default none. */
export interface DifferentiableOp<Op, Emitted = never> extends OpDefinition<Op> {
  gradient: RuleOf<Op, Emitted> | NoGradient
}

export interface NoGradient {
  /** Why there is no gradient. */
  none: string
}
