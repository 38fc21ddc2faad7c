// Plans of training steps that are made without waiting, by the kernels of all ops.

import type { TrainingGraph } from '../autodiff/training_graph.ts'
import { trainingOps } from '../ops/training_ops.ts'
import { planWithinBudget } from './activation_budget.ts'
import type { Plan, PlanTarget } from './plan.ts'

/**
 * Plans a training step whose activations take at most `budget` bytes. As much is computed twice as that takes and no more: first what
 * costs few multiply-adds for the bytes it frees. Without a budget they take at most the GPU's largest buffer where that is possible,
 * and else as little as they can.
 * Throws a UserError where even the least is over the budget.
 */
export const planWithin = (
  graph: TrainingGraph,
  target: Pick<PlanTarget, 'device' | 'policy'>,
  budget?: number,
): Plan => planWithinBudget(graph, target, { ops: trainingOps, budget })
