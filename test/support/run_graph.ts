// Runs a graph once: plan, upload, execute, release.

import type { Gpu } from '../../src/gpu/gpu.ts'
import { type Graph, graphParameters } from '../../src/graph/ir/graph.ts'
import { allPasses, type Pass } from '../../src/graph/passes/index.ts'
import { createPlan } from '../../src/graph/plan/plan.ts'
import { Executor, type TensorData } from '../../src/graph/runtime/executor.ts'
import { WeightStore } from '../../src/graph/runtime/weight_store.ts'
import type { Conv2dVariant } from '../../src/kernels/choose_conv2d.ts'
import type { Precision } from '../../src/kernels/layout.ts'
import { seededParameter } from '../model/seeded_weights.ts'

interface Run {
  inputs: TensorData
  passes?: readonly Pass[]
  /** Default: every parameter is drawn from its name. */
  parameters?: ReadonlyMap<string, Float32Array>
  /** How convolutions are computed where they can be. Default: as the plan chooses. */
  variant?: Conv2dVariant
  /** What it is to choose by, besides. */
  tuned?: ReadonlyMap<string, Conv2dVariant>
  /** Whether weights are made ready in the run itself, as in training. */
  learning?: boolean
  /** Default: fp32. */
  precision?: Precision
  /** As if the adapter had subgroups of no one size, as some GPUs do: CPU adapters do. */
  withoutSubgroups?: boolean
}

/** The graph's outputs by name. */
export async function runGraph(
  gpu: Gpu,
  graph: Graph,
  { inputs, passes = allPasses, parameters = seededParameters(graph), withoutSubgroups, ...target }: Run,
): Promise<TensorData> {
  const weights = new WeightStore(gpu, parameters)
  const subgroupSize = withoutSubgroups ? undefined : gpu.subgroupSize
  const plan = createPlan(graph, { limits: gpu.limits, subgroupSize, ...target }, passes)
  const executor = await Executor.create(gpu, plan, weights)
  try {
    return await executor.run(inputs)
  } finally {
    await executor.destroy()
    weights.destroy()
  }
}

const seededParameters = (graph: Graph) =>
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
