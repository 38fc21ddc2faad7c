// A network in training on a GPU: its step (forward, loss, backward, update; one run of its plan for each micro-batch), and the
// state that it has learned.

import { IGNORE_INDEX } from '../data/dataset.ts'
import { DivergedError, UserError } from '../errors.ts'
import { OutOfMemoryError } from '../gpu/errors.ts'
import type { Gpu } from '../gpu/gpu.ts'
import type { KernelTime } from '../gpu/program.ts'
import type { TrainingGraph } from '../graph/autodiff/training_graph.ts'
import type { Tuned } from '../graph/convolution/policy.ts'
import { graphParameters } from '../graph/ir/graph.ts'
import { trainingOpsOf } from '../graph/ops/rare_training_ops.ts'
import { planWithinBudget } from '../graph/plan/activation_budget.ts'
import { Executor, type TensorData } from '../graph/runtime/executor.ts'
import { type ArenaOptions, ParameterArena } from '../graph/runtime/parameter_arena.ts'
import { TrainingWeights } from '../graph/runtime/training_weights.ts'
import { allFinite } from '../weights/all_finite.ts'
import { learningRates, weightDecays } from './learned_parameters.ts'
import { lossTermsOf } from './loss_terms.ts'
import { type BatchLayout, microBatchesOf, type TrainingBatch } from './micro_batches.ts'
import { networkInTraining, type TrainedNetwork } from './training_network.ts'
import type { TrainingOptions } from './training_options.ts'
import type { Teacher, UnlabelledOptions, UnlabelledPart } from './unlabelled.ts'

/** The state from which a run continues. */
export interface TrainingStart {
  /** The momentum's velocities, as in a LearnedState. Default: zeros. */
  velocities?: ReadonlyMap<string, Float32Array>
  /** AdamW's squares, likewise. Default: zeros. */
  squares?: ReadonlyMap<string, Float32Array>
  /** The averages of the weights, likewise. Default: the network's weights. */
  averages?: ReadonlyMap<string, Float32Array>
  /** The number of steps that were done before: dropout, AdamW and averages depend on it. Default 0. */
  step?: number
  /**
   * The strategies that were measured to be fastest in training on this GPU. The order of sums depends on it, so a run that goes on needs the
   * same strategies for the same bits. Default: nothing.
   */
  tuned?: Tuned
  /** Has the run learn from photos without labels, too. Default: it does not. */
  unlabelled?: UnlabelledOptions
  /** The learning rate that the user gave, for messages. Default: that of the step, which may follow a schedule. */
  learningRate?: number
}

/** The loss of a run that diverges, as a multiple of its first loss, or of that of guessing: the logarithm of the number of classes. */
const DIVERGED = 100

/** Everything that a run has learned so far. */
export interface LearnedState {
  parameters: Map<string, Float32Array>
  /** The momentum's velocity of each parameter that learns. */
  velocities: Map<string, Float32Array>
  /** With AdamW: the mean square of the gradients of each parameter that learns. */
  squares?: Map<string, Float32Array>
  /** With an `averageDecay`: the moving average of each parameter. These weights are to be validated and used. */
  averages?: Map<string, Float32Array>
}

interface Parts {
  executor: Executor
  arena: ParameterArena
  weights: TrainingWeights
  losses: TrainingGraph['losses']
  layout: BatchLayout
  /** The graph's inputs that are the same in every step. */
  constants: TensorData
  /** The network's parameters that no step uses. */
  unused: ReadonlyMap<string, Float32Array>
  learningRate?: number
  /** For photos without labels. */
  teacher?: Teacher
  unlabelledWeight: number
}

/** A run of the plan, on a micro-batch. */
interface MicroRun {
  inputs: TensorData
  /** Of unlabelled photos: the labelled pixels' share of all the pixels of the batch's photos. */
  share?: number
}

export class TrainingRun {
  readonly #parts: Parts
  /** The number of steps so far, and of their micro-batches, including those before the run. */
  #steps: number
  #microBatches: number
  /** The largest loss of a run that still learns; known after its first step. */
  #bound: number | undefined
  #unlabelledPart: UnlabelledPart | undefined

  /**
   * Starts from the network's weights, and from the state of an earlier run if the options have one.
   * Throws a UserError if the options make no sense or need more memory than the GPU has.
   */
  static async create(
    gpu: Gpu,
    network: TrainedNetwork,
    options: TrainingOptions & TrainingStart,
  ): Promise<TrainingRun> {
    const { batchSize, microBatchSize = batchSize, activationBudget, classWeights, step = 0 } = options
    const { learningRate, unlabelled } = options
    const microBatches = batchSize / microBatchSize
    const graph = networkInTraining(network, options, await lossTermsOf(options))
    const policy = { tuned: options.tuned }
    const plan = planWithinBudget(
      graph,
      { device: gpu, policy },
      { ops: await trainingOpsOf(graph), budget: activationBudget && activationBudget * 2 ** 20 },
    )
    const parameters = graphParameters(graph)
    const arena = await ParameterArena.create(gpu, parameters, {
      rateOf: learningRates(network.config, options),
      decayOf: weightDecays(graph, options),
      host: network.parameters,
      ...keptState(network, options),
      sums: microBatches > 1 || unlabelled !== undefined,
    })
    const weights = await TrainingWeights.create(gpu, arena, {
      ...options,
      microBatches,
      weighted: unlabelled !== undefined,
    })
    let teacher: Teacher | undefined
    try {
      const teaching = { ...options, images: microBatchSize, confidence: unlabelled?.confidence ?? 0 }
      teacher = unlabelled && (await teacherOf(gpu, { network, arena }, teaching))
      const executor = await Executor.create(gpu, plan, weights)
      const unused = new Map(network.parameters)
      for (const { name } of parameters) unused.delete(name)
      const constants: TensorData = classWeights ? { classWeights: Float32Array.from(classWeights) } : {}
      const layout = { batchSize, microBatches, classes: network.config.classes }
      const parts = {
        executor,
        arena,
        weights,
        losses: graph.losses,
        layout,
        constants,
        unused,
        learningRate,
        teacher,
        unlabelledWeight: unlabelled?.weight ?? 0,
      }
      return new TrainingRun(parts, { step, microBatches: step * microBatches * (teacher ? 2 : 1) })
    } catch (error) {
      await teacher?.destroy()
      weights.destroy()
      arena.destroy()
      if (!(error instanceof OutOfMemoryError)) throw error
      throw new OutOfMemoryError(`${error.message}; take a smaller activation budget, micro-batch or crop`)
    }
  }

  private constructor(parts: Parts, { step, microBatches }: { step: number; microBatches: number }) {
    this.#parts = parts
    this.#steps = step
    this.#microBatches = microBatches
  }

  /** The memory of a step's activations on the GPU. */
  get activationBytes(): number {
    return this.#parts.executor.plan.arenaBytes
  }

  /**
   * Learns from a batch. Returns the loss before the update: the mean over the labelled pixels, or 0 if there are none. With
   * micro-batches it is the mean of their losses, and with further losses their weighted sum, as torchvision reports it.
   * Unlabelled photos add their loss by its weight: the sum over the pixels of which the network is sure, divided by the number of all
   * pixels of these photos.
   * Throws a UserError for a label that is not a class and, after the update, a DivergedError for a loss that is not a number or grows
   * without end.
   *
   * If the signal is aborted, the step is either done whole or not at all. It throws the signal's reason and leaves the weights as
   * they were, unless it has begun to change them: by the update, or before it by batch norm's running statistics. Then it goes on.
   */
  async step(batch: TrainingBatch, learningRate: number, signal?: AbortSignal): Promise<number> {
    const { executor, weights, losses, layout, unlabelledWeight } = this.#parts
    const { runs: unlabelled, confident } = await this.#unlabelledRuns(batch, signal)
    const runs = [...this.#runsOf(batch), ...unlabelled]
    weights.begin(learningRate, this.#steps)
    let [sum, unlabelledLoss] = [0, 0]
    for (const [i, { inputs, share }] of runs.entries()) {
      weights.weigh(share === undefined ? 1 : unlabelledWeight * share * layout.microBatches)
      const found = await executor.run(inputs, { begins: i === 0, ends: i === runs.length - 1, signal })
      for (const { output, weight } of losses)
        if (share === undefined) sum += weight * found[output.name][0]
        else unlabelledLoss += share * weight * found[output.name][0]
    }
    this.#steps++
    this.#microBatches += runs.length
    if (confident !== undefined) this.#unlabelledPart = { loss: unlabelledLoss, confident }
    const loss = sum / layout.microBatches + unlabelledWeight * unlabelledLoss
    this.#checkLoss(loss, this.#parts.learningRate ?? learningRate)
    return loss
  }

  /** What the last step found in its unlabelled photos; undefined before it, and in a run without such. */
  get unlabelledPart(): UnlabelledPart | undefined {
    return this.#unlabelledPart
  }

  #checkLoss(loss: number, learningRate: number): void {
    const guess = Math.log(this.#parts.layout.classes)
    this.#bound ??= DIVERGED * Math.max(loss, guess)
    const isNumber = Number.isFinite(loss)
    if (isNumber && loss <= this.#bound) return
    const shown = isNumber ? `${loss.toPrecision(3)}, where guessing has ${guess.toPrecision(3)}` : loss
    throw new DivergedError(`the loss is ${shown}: try a smaller learning rate than ${learningRate}`)
  }

  /**
   * The GPU's own time of each kernel in a step; with micro-batches, in the first of them and the update. It does the step
   * with the last learning rate. Needs timestamp-query.
   */
  profile(batch: TrainingBatch): Promise<KernelTime[]> {
    return this.#parts.executor.profile(this.#runsOf(batch)[0].inputs)
  }

  /** Throws a UserError if a weight or a velocity is no longer a finite number. */
  async state(): Promise<LearnedState> {
    const { arena, unused } = this.#parts
    const parameters = await arena.read()
    checkFinite(parameters, name => name)
    const velocities = await arena.readVelocities()
    checkFinite(velocities, name => `the velocity of ${name}`)
    const state = { parameters: new Map([...unused, ...parameters]), velocities }
    const [squares, averages] = [await arena.readSquares(), await arena.readAverages()]
    return {
      ...state,
      ...(squares && { squares }),
      ...(averages && { averages: new Map([...unused, ...averages]) }),
    }
  }

  async destroy(): Promise<void> {
    const { executor, weights, arena, teacher } = this.#parts
    await teacher?.destroy()
    await executor.destroy()
    weights.destroy()
    arena.destroy()
  }

  /** The runs of a batch's micro-batches. `from`: how many runs of the step come before. */
  #runsOf(batch: Pick<TrainingBatch, 'images' | 'labels'>, from = 0): MicroRun[] {
    const { constants, layout } = this.#parts
    return microBatchesOf(batch, layout).map(({ images, labels }, i) => {
      const step = new Uint8Array(Uint32Array.of(this.#microBatches + from + i).buffer)
      return { inputs: { ...constants, photo: images, labels, termLabels: labels, step } }
    })
  }

  /**
   * Labels the batch's unlabelled photos as the network is now, for the cross entropy alone, as UniMatch does: see bench/NOTES.md for what
   * the Lovász-softmax loss costs there. `confident`: the share of their pixels that have a label then.
   */
  async #unlabelledRuns(
    { unlabelled }: TrainingBatch,
    signal?: AbortSignal,
  ): Promise<{ runs: MicroRun[]; confident?: number }> {
    const { teacher, layout } = this.#parts
    if (!teacher) return { runs: [] }
    if (!unlabelled) throw new UserError('the batch has no unlabelled photos')
    const { shares, ...taught } = await teacher.teach(unlabelled, signal)
    const runs = this.#runsOf(taught, layout.microBatches).map(({ inputs }, i) => {
      const termLabels = new Uint8Array(inputs.labels.length).fill(IGNORE_INDEX)
      return { inputs: { ...inputs, termLabels }, share: shares[i] }
    })
    return { runs, confident: shares.reduce((total, share) => total + share) }
  }
}

/** What the optimiser keeps of each parameter. */
function keptState(
  { parameters }: TrainedNetwork,
  { optimizer, averageDecay = 0, ...start }: TrainingOptions & TrainingStart,
): Pick<ArenaOptions, 'velocities' | 'squares' | 'averages'> {
  const { velocities, squares = new Map(), averages = parameters } = start
  return {
    velocities,
    ...(optimizer === 'adamw' && { squares }),
    ...(averageDecay > 0 && { averages }),
  }
}

/** The code and the kernel of a run with unlabelled photos, which only such a run loads. */
const teacherOf: typeof Teacher.create = async (...given) =>
  (await import('./unlabelled.ts')).Teacher.create(...given)

function checkFinite(tensors: ReadonlyMap<string, Float32Array>, subject: (name: string) => string): void {
  for (const [name, values] of tensors)
    if (!allFinite(values))
      throw new UserError(`${subject(name)} holds values that are not numbers: try a smaller learning rate`)
}
