// Plans that are made without waiting, by the kernels of all ops of inference.

import type { ModelGraph } from '../ops/index.ts'
import { inferenceOps } from '../ops/inference_ops.ts'
import { allPasses, optimise, type Passes } from '../passes/index.ts'
import { cutMaps } from './cut_maps.ts'
import { type Plan, type PlanTarget, planOptimised } from './plan.ts'

/**
 * Runs the passes over a model's graph, chooses its kernels and lays out its memory.
 * Throws a UserError where the GPU's limits are too low.
 */
export const createPlan = (graph: ModelGraph, target: PlanTarget, passes: Passes = allPasses): Plan =>
  planOptimised(optimise(graph, passes), target, { ops: inferenceOps, cutMaps })
