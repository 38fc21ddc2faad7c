// The gradients of all ops.

import type { Tensor } from '../ir/tensor.ts'
import { batchNormTrainingRules } from './batch_norm.ts'
import type { NoGradient } from './definition.ts'
import { type FoldedOps, type Gradients, type GradientTape, type OpOfKind, opRules } from './index.ts'

const gradients: Gradients = { ...opRules, batchNormTraining: batchNormTrainingRules }

/** Adds the gradients of an op's inputs and parameters to the tape. Throws where the op has none. */
export function differentiateOp<Kind extends keyof FoldedOps>(
  op: OpOfKind<FoldedOps, Kind>,
  gradient: Tensor,
  tape: GradientTape,
): void {
  const definition: Gradients[Kind] = gradients[op.kind]
  const rule = definition.gradient
  if (isNoGradient(rule)) throw new Error(`${op.kind} has no gradient (${op.name}): ${rule.none}`)
  rule(op, gradient, tape)
}

const isNoGradient = (rule: object): rule is NoGradient => 'none' in rule
