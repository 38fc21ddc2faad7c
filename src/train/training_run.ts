// A network in training on a GPU: its step (forward, loss, backward, update; one submit for each micro-batch) and what it has
// learned.

import { UserError } from '../errors.ts'
import { OutOfMemoryError } from '../gpu/errors.ts'
import type { Gpu } from '../gpu/gpu.ts'
import type { KernelTime } from '../gpu/program.ts'
import type { TrainingGraph } from '../graph/autodiff/training_graph.ts'
import { graphParameters } from '../graph/ir/graph.ts'
import { planWithin } from '../graph/plan/activation_budget.ts'
import { Executor, type TensorData } from '../graph/runtime/executor.ts'
import { ParameterArena } from '../graph/runtime/parameter_arena.ts'
import { TrainingWeights } from '../graph/runtime/training_weights.ts'
import { learningRates } from './learned_parameters.ts'
import { type BatchLayout, microBatchesOf, type TrainingBatch } from './micro_batches.ts'
import { networkInTraining, type TrainedNetwork } from './training_network.ts'
import type { TrainingOptions } from './training_options.ts'

/** Where a run goes on. */
export interface TrainingStart {
  /** Of momentum, as in a LearnedState. Default: none. */
  velocities?: ReadonlyMap<string, Float32Array>
  /** Done before, since each draws its own dropout. Default 0. */
  step?: number
}

/** All that a run has learned so far. */
export interface LearnedState {
  parameters: Map<string, Float32Array>
  /** Of momentum, for each parameter that learns. */
  velocities: Map<string, Float32Array>
}

interface Parts {
  executor: Executor
  arena: ParameterArena
  weights: TrainingWeights
  losses: TrainingGraph['losses']
  layout: BatchLayout
  /** Inputs of the graph that are the same in every step. */
  constants: TensorData
  /** Parameters that the network has and no step uses. */
  unused: ReadonlyMap<string, Float32Array>
}

export class TrainingRun {
  readonly #parts: Parts
  /** Micro-batches done, with those before the run. */
  #passes: number

  /**
   * Starts from the network's weights, and where training goes on.
   * Throws a UserError where the options make no sense or the GPU is too small for them.
   */
  static async create(
    gpu: Gpu,
    network: TrainedNetwork,
    options: TrainingOptions & TrainingStart,
  ): Promise<TrainingRun> {
    const { batchSize, microBatchSize = batchSize, activationBudget, classWeights, step = 0 } = options
    const microBatches = batchSize / microBatchSize
    const graph = networkInTraining(network, options)
    const plan = planWithin(graph, { device: gpu }, activationBudget && activationBudget * 2 ** 20)
    const parameters = graphParameters(graph)
    const arena = await ParameterArena.create(gpu, parameters, {
      rateOf: learningRates(network.config, options),
      host: network.parameters,
      velocities: options.velocities,
      sums: microBatches > 1,
    })
    const weights = await TrainingWeights.create(gpu, arena, { ...options, microBatches })
    try {
      const executor = await Executor.create(gpu, plan, weights)
      const unused = new Map(network.parameters)
      for (const { name } of parameters) unused.delete(name)
      const constants: TensorData = classWeights ? { classWeights: Float32Array.from(classWeights) } : {}
      const layout = { batchSize, microBatches, classes: network.config.classes }
      const parts = { executor, arena, weights, losses: graph.losses, layout, constants, unused }
      return new TrainingRun(parts, step * microBatches)
    } catch (error) {
      weights.destroy()
      arena.destroy()
      if (!(error instanceof OutOfMemoryError)) throw error
      throw new OutOfMemoryError(`${error.message}; take a smaller activation budget, micro-batch or crop`)
    }
  }

  private constructor(parts: Parts, passes: number) {
    this.#parts = parts
    this.#passes = passes
  }

  /** What the activations of a step take on the GPU. */
  get activationBytes(): number {
    return this.#parts.executor.plan.arenaBytes
  }

  /**
   * Learns from a batch. Returns the loss before the update, the mean over the labelled pixels, 0 where there are none; of
   * micro-batches their mean, and with an auxiliary loss the sum of both, as torchvision reports it.
   * Throws a UserError for a label that is no class and, once the update is done, for a loss that is no number.
   */
  async step(batch: TrainingBatch, learningRate: number): Promise<number> {
    const { executor, weights, losses } = this.#parts
    const passes = this.#passesOf(batch)
    weights.begin(learningRate)
    let sum = 0
    for (const [i, inputs] of passes.entries()) {
      const found = await executor.run(inputs, { begins: i === 0, ends: i === passes.length - 1 })
      for (const { output, weight } of losses) sum += weight * found[output.name][0]
    }
    this.#passes += passes.length
    const loss = sum / passes.length
    if (!Number.isFinite(loss))
      throw new UserError(`the loss is ${loss}: try a smaller learning rate than ${learningRate}`)
    return loss
  }

  /**
   * The GPU's own time of each kernel of a step, or of its first micro-batch and the update; it is taken at the learning rate of
   * the last. Needs timestamp-query.
   */
  profile(batch: TrainingBatch): Promise<KernelTime[]> {
    return this.#parts.executor.profile(this.#passesOf(batch)[0])
  }

  /** Throws a UserError where a weight or its velocity is no finite number any more. */
  async state(): Promise<LearnedState> {
    const { arena, unused } = this.#parts
    const parameters = await arena.read()
    checkFinite(parameters, name => name)
    const velocities = await arena.readVelocities()
    checkFinite(velocities, name => `the velocity of ${name}`)
    return { parameters: new Map([...unused, ...parameters]), velocities }
  }

  async destroy(): Promise<void> {
    const { executor, weights, arena } = this.#parts
    await executor.destroy()
    weights.destroy()
    arena.destroy()
  }

  /** What the graph takes for each micro-batch of a batch. */
  #passesOf(batch: TrainingBatch): TensorData[] {
    const { constants, layout } = this.#parts
    return microBatchesOf(batch, layout).map(({ images, labels }, i) => ({
      ...constants,
      photo: images,
      labels,
      step: new Uint8Array(Uint32Array.of(this.#passes + i).buffer),
    }))
  }
}

function checkFinite(tensors: ReadonlyMap<string, Float32Array>, subject: (name: string) => string): void {
  for (const [name, values] of tensors)
    if (!values.every(Number.isFinite))
      throw new UserError(`${subject(name)} holds values that are no numbers: try a smaller learning rate`)
}
