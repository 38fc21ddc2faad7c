// Plans that load what few graphs need: pages need not download the rest.

import type { ModelGraph } from '../ops/index.ts'
import { inferenceOpsOf } from '../ops/rare_ops.ts'
import { optimise } from '../passes/index.ts'
import { hasTooLargeMap } from './limits.ts'
import { type Plan, type PlanTarget, planOptimised } from './plan.ts'

/** As `createPlan`, with all passes. */
export async function loadPlan(graph: ModelGraph, target: PlanTarget): Promise<Plan> {
  const optimised = optimise(graph)
  const isCut = optimised.ops.some(op => hasTooLargeMap(op, target.device.limits))
  const cutMaps = isCut ? (await import('./cut_maps.ts')).cutMaps : undefined
  return planOptimised(optimised, target, { ops: await inferenceOpsOf(optimised), cutMaps })
}
