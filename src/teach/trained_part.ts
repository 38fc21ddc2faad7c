// The part of a network that a lesson trains, on the GPU: its parameters, and for each size of photo the steps and the class maps.

import { UserError } from '../errors.ts'
import type { Gpu } from '../gpu/gpu.ts'
import { createPlan } from '../graph/plan/create_plan.ts'
import type { Plan } from '../graph/plan/plan.ts'
import { planWithin } from '../graph/plan/plan_within.ts'
import { Executor } from '../graph/runtime/executor.ts'
import { LiveWeights } from '../graph/runtime/live_weights.ts'
import { ParameterArena } from '../graph/runtime/parameter_arena.ts'
import { TrainingWeights } from '../graph/runtime/training_weights.ts'
import { type GpuClassMap, runToMask } from '../inference/on_gpu.ts'
import { learningRates } from '../train/learned_parameters.ts'
import {
  type KeptShapes,
  keptName,
  type LessonNetwork,
  partParameters,
  previewGraph,
  stepGraph,
} from './lesson_graphs.ts'
import type { KeptPhoto } from './photo_keeper.ts'
import { distillationOf } from './rehearsal.ts'
import type { StepInputs } from './taught_photos.ts'

/** Stochastic gradient descent with momentum. So few steps need no weight decay. */
const OPTIMISER = { momentum: 0.9, weightDecay: 0 }

/** A plan that is ready to run on the parameters as they are at each run. */
interface Ready<Weights extends LiveWeights> {
  executor: Executor
  weights: Weights
}

export class TrainedPart {
  readonly #gpu: Gpu
  readonly #network: LessonNetwork
  readonly #arena: ParameterArena
  readonly #steps = new Map<string, Ready<TrainingWeights>>()
  readonly #previews = new Map<string, Ready<LiveWeights>>()

  static async create(
    gpu: Gpu,
    network: LessonNetwork,
    parameters: ReadonlyMap<string, Float32Array>,
  ): Promise<TrainedPart> {
    const rateOf = learningRates(network.config, { headLearningRate: 1 })
    const arena = await ParameterArena.create(gpu, partParameters(network), { rateOf, host: parameters })
    return new TrainedPart(gpu, network, arena)
  }

  private constructor(gpu: Gpu, network: LessonNetwork, arena: ParameterArena) {
    this.#gpu = gpu
    this.#network = network
    this.#arena = arena
  }

  /**
   * Learns from a photo. Returns the loss before the update. Throws the signal's reason if it is aborted before the update begins, and a UserError for a loss that is not a number.
   */
  async step(
    { kept, inputs }: { kept: KeptPhoto; inputs: StepInputs },
    { learningRate, signal }: { learningRate: number; signal?: AbortSignal },
  ): Promise<number> {
    const { executor, weights } = await this.#stepFor(kept)
    weights.begin(learningRate)
    const found = await executor.run({ ...inputsOf(kept), ...inputs }, { signal })
    const { rehearsal } = this.#network
    const distillation = rehearsal && distillationOf(rehearsal)
    const share = distillation?.lossWeight ?? 0
    const loss = (1 - share) * found.loss[0] + (distillation ? share * found.distillation[0] : 0)
    if (!Number.isFinite(loss))
      throw new UserError(`the loss is ${loss}: try a smaller learning rate than ${learningRate}`)
    return loss
  }

  /** Submits the work of a photo's class map. A new buffer is the caller's to release. Throws a UserError if `into` is too small. */
  async preview(kept: KeptPhoto, into?: GPUBuffer): Promise<GpuClassMap> {
    const { executor } = await this.#previewFor(kept)
    return runToMask(this.#gpu, executor, inputsOf(kept), { into })
  }

  /** The part's parameters by name, in the checkpoint's layout. */
  read(): Promise<Map<string, Float32Array>> {
    return this.#arena.read()
  }

  /** Sets the part's parameters, and the momentum to zero. */
  restart(parameters: ReadonlyMap<string, Float32Array>): void {
    this.#arena.restart(parameters)
  }

  /** Frees what only photos of other sizes need. */
  async keepFor(shapes: KeptShapes[]): Promise<void> {
    const keys = new Set(shapes.map(keyOf))
    for (const ready of [this.#steps, this.#previews])
      for (const [key, each] of ready) {
        if (keys.has(key)) continue
        ready.delete(key)
        await free(each)
      }
  }

  async destroy(): Promise<void> {
    await this.keepFor([])
    this.#arena.destroy()
  }

  #stepFor(kept: KeptPhoto): Promise<Ready<TrainingWeights>> {
    return this.#ready(this.#steps, kept, {
      plan: () => planWithin(stepGraph(this.#network, kept), { device: this.#gpu }),
      weights: () => TrainingWeights.create(this.#gpu, this.#arena, OPTIMISER),
    })
  }

  #previewFor(kept: KeptPhoto): Promise<Ready<LiveWeights>> {
    return this.#ready(this.#previews, kept, {
      plan: () => createPlan(previewGraph(this.#network, kept), { device: this.#gpu }),
      weights: async () => new LiveWeights(this.#gpu, this.#arena),
    })
  }

  async #ready<Weights extends LiveWeights>(
    ready: Map<string, Ready<Weights>>,
    kept: KeptPhoto,
    make: { plan: () => Plan; weights: () => Promise<Weights> },
  ): Promise<Ready<Weights>> {
    const found = ready.get(keyOf(kept))
    if (found) return found
    const plan = make.plan()
    const weights = await make.weights()
    try {
      const made = { executor: await Executor.create(this.#gpu, plan, weights), weights }
      ready.set(keyOf(kept), made)
      return made
    } catch (error) {
      weights.destroy()
      throw error
    }
  }
}

const keyOf = ({ shapes, photo }: KeptShapes) => JSON.stringify([shapes, photo])

const inputsOf = ({ buffers }: KeptPhoto) =>
  Object.fromEntries(buffers.map((buffer, index) => [keptName(index), buffer]))

async function free({ executor, weights }: Ready<LiveWeights>): Promise<void> {
  await executor.destroy()
  weights.destroy()
}
