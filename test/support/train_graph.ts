// Trains a graph by itself: plan, execute, release. What a TrainingRun does beyond that is for its own tests.

import type { Gpu } from '../../src/gpu/gpu.ts'
import type { TrainingGraph } from '../../src/graph/autodiff/training_graph.ts'
import type { Conv2dVariant } from '../../src/graph/convolution/strategies.ts'
import { graphParameters } from '../../src/graph/ir/graph.ts'
import { planWithin } from '../../src/graph/plan/plan_within.ts'
import { Executor, type TensorData } from '../../src/graph/runtime/executor.ts'
import { type ArenaOptions, ParameterArena } from '../../src/graph/runtime/parameter_arena.ts'
import { type Optimiser, TrainingWeights } from '../../src/graph/runtime/training_weights.ts'
import { deviceOf, targetOf } from './target.ts'

interface Training extends Optimiser {
  /** The same in every step. */
  inputs: TensorData
  /** Factors on the learning rate and on the decay, as in an arena. Default: 1, and no rate for running statistics. */
  rateOf?: ArenaOptions['rateOf']
  decayOf?: ArenaOptions['decayOf']
  /** By name, before the first step. */
  parameters: ReadonlyMap<string, Float32Array>
  /** One a step. */
  learningRates: readonly number[]
  /** As in `runGraph`. */
  variant?: Conv2dVariant
}

interface Trained {
  losses: number[]
  parameters: Map<string, Float32Array>
  averages?: Map<string, Float32Array>
}

const plainRate: ArenaOptions['rateOf'] = ({ name }) => (name.includes('.running_') ? 0 : 1)

/** The loss before each step, the parameters after the last, and their averages if the optimiser makes any. */
export async function trainGraph(
  gpu: Gpu,
  graph: TrainingGraph,
  { inputs, parameters, learningRates, variant, rateOf = plainRate, decayOf, ...optimiser }: Training,
): Promise<Trained> {
  const arena = await ParameterArena.create(gpu, graphParameters(graph), {
    rateOf,
    decayOf,
    host: parameters,
    ...(optimiser.optimizer === 'adamw' && { squares: new Map() }),
    ...(optimiser.averageDecay && { averages: parameters }),
  })
  const weights = await TrainingWeights.create(gpu, arena, optimiser)
  // CPU adapters are refused the variants for hardware GPUs.
  const device = variant?.startsWith('conv2d_tiled') ? { limits: gpu.limits } : deviceOf(gpu)
  const plan = planWithin(graph, targetOf({ ...device, variant }))
  const executor = await Executor.create(gpu, plan, weights)
  const losses: number[] = []
  for (const [step, learningRate] of learningRates.entries()) {
    weights.begin(learningRate, step)
    const found = await executor.run(inputs)
    losses.push(graph.losses.reduce((sum, { output, weight }) => sum + weight * found[output.name][0], 0))
  }
  const [learned, averages] = [await arena.read(), await arena.readAverages()]
  await executor.destroy()
  weights.destroy()
  arena.destroy()
  return { losses, parameters: learned, averages }
}
