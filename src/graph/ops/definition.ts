// The definition of a kind of op: all of it but its type and its shape rule. Kernels that few graphs need are in a module of their own,
// which `loadOps` loads.

import type { Rows } from '../../kernels/geometry.ts'
import type { Step } from '../lower/step.ts'
import type { Band } from './band.ts'
import type { Lowering } from './lowering.ts'
import type { RuleOf } from './tape.ts'

/** What is known of an op without its kernels. */
export interface OpRules<Op> {
  /** The band that makes these rows of the output. An op without it cannot be computed band by band. */
  band?(op: Op, rows: Rows): Band<Op>
  /** The fields of an op whose output is the sum of what bands of its input make, for a band. */
  share?(op: Op): Partial<Op>
}

export interface LoweredOp<Op> {
  /** The kernels that compute the op, in order. */
  lower(op: Op, lowering: Lowering): Step[]
}

/** An op with its kernels. */
export interface OpDefinition<Op> extends OpRules<Op>, LoweredOp<Op> {}

/** The rules of an op that may stand between parameters and loss. Its gradient emits ops of one type; by default none. */
export interface DifferentiableRules<Op, Emitted = never> extends OpRules<Op> {
  gradient: RuleOf<Op, Emitted> | NoGradient
}

/** Such an op with its kernels. */
export interface DifferentiableOp<Op, Emitted = never>
  extends DifferentiableRules<Op, Emitted>,
    LoweredOp<Op> {}

export interface NoGradient {
  /** Why there is no gradient. */
  none: string
}
