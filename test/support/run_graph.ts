// Runs a graph once: plan, upload, execute, release.

import type { Gpu } from '../../src/gpu/gpu.ts'
import { graphParameters } from '../../src/graph/ir/graph.ts'
import type { FusedGraph, ModelGraph } from '../../src/graph/ops/index.ts'
import { trainingOps } from '../../src/graph/ops/training_ops.ts'
import { optimise, type Passes } from '../../src/graph/passes/index.ts'
import { cutMaps } from '../../src/graph/plan/cut_maps.ts'
import { type PlanDevice, planOptimised } from '../../src/graph/plan/plan.ts'
import { Executor, type TensorData } from '../../src/graph/runtime/executor.ts'
import { WeightStore } from '../../src/graph/runtime/weight_store.ts'
import { seededParameter } from '../model/seeded_weights.ts'
import { type Choice, deviceOf, targetOf } from './target.ts'

interface Run extends Omit<Choice, keyof PlanDevice> {
  inputs: TensorData
  /** Of a model's graph. Default: all. */
  passes?: Passes
  /** Default: every parameter is drawn from its name. */
  parameters?: ReadonlyMap<string, Float32Array>
  /** As if the adapter were a hardware GPU whose subgroups have several sizes. */
  withoutSubgroups?: boolean
  /** As if the adapter were a hardware GPU of this vendor. */
  asGpu?: VendorName
}

/** GPUs whose vendors have tiles of their own, as WebGPU names them. */
export const vendorGpus = {
  'RDNA 2': { vendor: 'amd', architecture: 'rdna-2' },
  'RDNA 3': { vendor: 'amd', architecture: 'rdna-3' },
  Intel: { vendor: 'intel', architecture: 'gen-12hp' },
} as const
export type VendorName = keyof typeof vendorGpus

export const NO_PASSES: Passes = { folding: [], fusing: [] }

/** The graph's outputs by name. */
export async function runGraph(
  gpu: Gpu,
  graph: ModelGraph | FusedGraph,
  { inputs, passes, parameters = seededParameters(graph), withoutSubgroups, asGpu, ...choice }: Run,
): Promise<TensorData> {
  const weights = new WeightStore(gpu, parameters)
  const hardware = { limits: gpu.limits, info: asGpu && vendorGpus[asGpu] }
  const device = withoutSubgroups || asGpu ? hardware : deviceOf(gpu)
  const optimised = graph.stage === 'model' ? optimise(graph, passes) : graph
  const plan = planOptimised(optimised, targetOf({ ...choice, ...device }), { ops: trainingOps, cutMaps })
  const executor = await Executor.create(gpu, plan, weights)
  try {
    return await executor.run(inputs)
  } finally {
    await executor.destroy()
    weights.destroy()
  }
}

/** Every parameter of a graph, drawn from its name. */
export const seededParameters = (graph: ModelGraph | FusedGraph) =>
  new Map(graphParameters(graph).map(parameter => [parameter.name, seededParameter(parameter)]))

/** The largest difference, as a share of the largest expected magnitude. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let [worst, largest] = [0, 0]
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(actual[i] - expected[i])
    if (!(error <= worst)) worst = error // so that NaN counts as the worst
    largest = Math.max(largest, Math.abs(expected[i]))
  }
  return worst / largest
}
