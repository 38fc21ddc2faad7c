// A network in training on a GPU: its step (forward, loss, backward, update; one submit for each micro-batch) and what it has
// learned.

import { IGNORE_INDEX } from '../data/dataset.ts'
import { UserError } from '../errors.ts'
import { OutOfMemoryError } from '../gpu/errors.ts'
import type { Gpu } from '../gpu/gpu.ts'
import type { KernelTime } from '../gpu/program.ts'
import { planWithin } from '../graph/activation_budget.ts'
import { type TrainingGraph, trainingGraph } from '../graph/autodiff.ts'
import { GraphBuilder } from '../graph/builder.ts'
import { Executor, type TensorData } from '../graph/executor.ts'
import { type Graph, graphParameters, type Parameter } from '../graph/graph.ts'
import { ParameterArena } from '../graph/parameter_arena.ts'
import { TrainingWeights } from '../graph/training_weights.ts'
import { headParameters } from '../model/classifier.ts'
import { type DeepLabConfig, withoutAuxiliaryHead } from '../model/config.ts'
import { deepLabInTraining } from '../model/deeplab.ts'
import { networkParameters } from '../model/initial_weights.ts'
import type { Preprocessing } from '../model/preprocessing.ts'

/** What a step computes; Recipe has the rest, and the paper's values. */
export interface TrainingOptions {
  /** Images a step. */
  batchSize: number
  /**
   * Images that are on the GPU at a time, a divisor of the batch size (default: all). An update is by the mean of the
   * micro-batches' gradients, each that of its own mean loss; batch norm sees one micro-batch at a time.
   */
  microBatchSize?: number
  /** Edge of the square that the network sees of each image, in pixels. */
  cropSize: number
  outputStride: number
  /** Batch norm uses the running statistics and leaves them as they are; its scale and shift learn on. */
  freezeBatchNorm: boolean
  /** Share of the old running statistics in the new ones: 1 − PyTorch's momentum. */
  batchNormDecay: number
  /** Of stochastic gradient descent, as in PyTorch. */
  momentum: number
  /** Adds weightDecay · parameter to the gradient of all that learns, as in PyTorch. */
  weightDecay: number
  /** Factor on the learning rate of the classifier, and of all of the auxiliary head. */
  headLearningRate: number
  /** Share of the values that are dropped before the classifier, 0 to below 1: torchvision has 0.5, the paper none. */
  dropout: number
  /** Of dropout; a u32. */
  seed: number
  /** Weight of the auxiliary head's loss, which is added to that of the logits. 0: there is no such head, or it stays as it is. */
  auxiliaryLoss: number
  /** A factor for each class on its pixels' loss; the mean is over Σ weight, as in PyTorch. Null: all count alike. */
  classWeights?: readonly number[] | null
  /**
   * MiB for the activations of a step. What does not fit is computed a second time in the backward pass, with the same result
   * to the bit. Default: the GPU's largest buffer.
   */
  activationBudget?: number
}

/** Where a run goes on. */
export interface TrainingStart {
  /** Of momentum, as in a LearnedState. Default: none. */
  velocities?: ReadonlyMap<string, Float32Array>
  /** Done before, since each draws its own dropout. Default 0. */
  step?: number
}

/** A network and its weights. */
export interface TrainedNetwork {
  config: DeepLabConfig
  preprocessing: Preprocessing
  /** By name, in the checkpoint's layout. */
  parameters: ReadonlyMap<string, Float32Array>
}

/** All that a run has learned so far. */
export interface LearnedState {
  parameters: Map<string, Float32Array>
  /** Of momentum, for each parameter that learns. */
  velocities: Map<string, Float32Array>
}

/** As `loadBatches` makes them: RGBA images, n · cropSize² · 4 bytes, and labels, n · cropSize². */
export interface TrainingBatch {
  images: Uint8Array
  labels: Uint8Array
}

export class TrainingRun {
  readonly #executor: Executor
  readonly #arena: ParameterArena
  readonly #weights: TrainingWeights
  readonly #classes: number
  readonly #batchSize: number
  readonly #microBatches: number
  /** Inputs of the graph that are the same in every step. */
  readonly #constants: TensorData
  readonly #losses: TrainingGraph['losses']
  /** Parameters that the network has and no step uses. */
  readonly #unused: ReadonlyMap<string, Float32Array>
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
    const { batchSize, microBatchSize = batchSize } = options
    const microBatches = batchSize / microBatchSize
    const forward = forwardGraph(network, { ...options, batchSize: microBatchSize })
    const { activationBudget: budget } = options
    const graph = withBackward(forward, options)
    const plan = planWithin(graph, gpu, budget && budget * 2 ** 20)
    const parameters = graphParameters(forward)
    const arena = await ParameterArena.create(gpu, parameters, {
      rateOf: learningRates(network.config, options),
      host: network.parameters,
      velocities: options.velocities,
      sums: microBatches > 1,
    })
    const weights = await TrainingWeights.create(gpu, arena, { ...options, microBatches })
    try {
      const executor = await Executor.create(gpu, plan, weights)
      const { classes } = network.config
      const { classWeights, step = 0 } = options
      const constants: TensorData = classWeights ? { classWeights: Float32Array.from(classWeights) } : {}
      const unused = new Map(network.parameters)
      for (const { name } of parameters) unused.delete(name)
      const { losses } = graph
      const passes = step * microBatches
      return new TrainingRun({
        ...{ executor, arena, weights, classes, batchSize, microBatches },
        ...{ constants, losses, unused, passes },
      })
    } catch (error) {
      weights.destroy()
      arena.destroy()
      if (!(error instanceof OutOfMemoryError)) throw error
      throw new OutOfMemoryError(`${error.message}; take a smaller activation budget, micro-batch or crop`)
    }
  }

  private constructor(parts: {
    executor: Executor
    arena: ParameterArena
    weights: TrainingWeights
    classes: number
    batchSize: number
    microBatches: number
    constants: TensorData
    losses: TrainingGraph['losses']
    unused: ReadonlyMap<string, Float32Array>
    passes: number
  }) {
    this.#executor = parts.executor
    this.#arena = parts.arena
    this.#weights = parts.weights
    this.#classes = parts.classes
    this.#batchSize = parts.batchSize
    this.#microBatches = parts.microBatches
    this.#constants = parts.constants
    this.#losses = parts.losses
    this.#unused = parts.unused
    this.#passes = parts.passes
  }

  /** What the activations of a step take on the GPU. */
  get activationBytes(): number {
    return this.#executor.plan.arenaBytes
  }

  /**
   * Learns from a batch. Returns the loss before the update, the mean over the labelled pixels, 0 where there are none; of
   * micro-batches their mean, and with an auxiliary loss the sum of both, as torchvision reports it.
   * Throws a UserError for a label that is no class and, once the update is done, for a loss that is no number.
   */
  async step(batch: TrainingBatch, learningRate: number): Promise<number> {
    const passes = this.#passesOf(batch)
    this.#weights.begin(learningRate)
    let sum = 0
    for (const [i, inputs] of passes.entries()) {
      const found = await this.#executor.run(inputs, { begins: i === 0, ends: i === passes.length - 1 })
      for (const { output, weight } of this.#losses) sum += weight * found[output.name][0]
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
    return this.#executor.profile(this.#passesOf(batch)[0])
  }

  /** Throws a UserError where a weight is no number any more. */
  async state(): Promise<LearnedState> {
    const parameters = await this.#arena.read()
    for (const [name, values] of parameters)
      if (!values.every(Number.isFinite))
        throw new UserError(`${name} holds values that are no numbers: try a smaller learning rate`)
    return {
      parameters: new Map([...this.#unused, ...parameters]),
      velocities: await this.#arena.readVelocities(),
    }
  }

  async destroy(): Promise<void> {
    await this.#executor.destroy()
    this.#weights.destroy()
    this.#arena.destroy()
  }

  /** What the graph takes for each micro-batch of a batch. */
  #passesOf({ images, labels }: TrainingBatch): TensorData[] {
    const padded = padLabels(labels, { batchSize: this.#batchSize, classes: this.#classes })
    return Array.from({ length: this.#microBatches }, (_, i) => ({
      ...this.#constants,
      photo: this.#part(images, i),
      labels: this.#part(padded, i),
      step: new Uint8Array(Uint32Array.of(this.#passes + i).buffer),
    }))
  }

  /** A micro-batch's share of a batch's bytes. */
  #part(bytes: Uint8Array, index: number): Uint8Array {
    const size = bytes.length / this.#microBatches
    return bytes.subarray(index * size, (index + 1) * size)
  }
}

/** From photos of the crop's size to the logits of each head: [n, crop, crop] → [n, ⌈crop/outputStride⌉, ⌈crop/outputStride⌉, classes]. */
function forwardGraph({ config, preprocessing }: TrainedNetwork, options: TrainingOptions): Graph {
  const { batchSize, cropSize, outputStride, dropout: p, seed, auxiliaryLoss } = options
  const { mean, std } = preprocessing
  const builder = new GraphBuilder()
  const photo = builder.input('photo', [batchSize, cropSize, cropSize, 4], 'rgba8')
  const image = builder.preprocess(photo, { name: 'image', height: cropSize, width: cropSize, mean, std })
  const dropout = p > 0 ? { p, seed, step: builder.input('step', [1, 1, 1, 1], 'u32') } : undefined
  const parts = { dropout, auxiliaryHead: auxiliaryLoss > 0 }
  return builder.build(deepLabInTraining(builder, image, config, { outputStride, ...parts }))
}

function withBackward(forward: Graph, options: TrainingOptions): TrainingGraph {
  const { cropSize, freezeBatchNorm, batchNormDecay, classWeights, auxiliaryLoss } = options
  return trainingGraph(forward, {
    labels: { height: cropSize, width: cropSize },
    ignoreIndex: IGNORE_INDEX,
    classWeights: Boolean(classWeights),
    lossWeights: auxiliaryLoss > 0 ? [1, auxiliaryLoss] : [1],
    batchNorm: freezeBatchNorm ? { mode: 'frozen' } : { mode: 'batch', momentum: 1 - batchNormDecay },
  })
}

/** Whether a parameter follows its gradient; batch norm itself updates its running statistics. */
const learns = ({ name }: Parameter): boolean => !/\.running_(mean|var)$/.test(name)

/** The parameters of which a LearnedState has velocities: those of the heads that are trained, but for running statistics. */
export function learnedParameters(
  config: DeepLabConfig,
  { auxiliaryLoss }: Pick<TrainingOptions, 'auxiliaryLoss'>,
): Parameter[] {
  const trained = auxiliaryLoss > 0 ? config : withoutAuxiliaryHead(config)
  return networkParameters(trained).filter(learns)
}

/** Factors on the learning rate. */
function learningRates(config: DeepLabConfig, { headLearningRate }: TrainingOptions) {
  const head = new Set(headParameters(config).map(({ name }) => name))
  return (parameter: Parameter): number => {
    if (!learns(parameter)) return 0
    return head.has(parameter.name) ? headLearningRate : 1
  }
}

/** Each image's labels on whole words, as the GPU takes them; there, a label that is no class would count as ignored. */
function padLabels(
  labels: Uint8Array,
  { batchSize, classes }: { batchSize: number; classes: number },
): Uint8Array {
  const odd = labels.find(label => label >= classes && label !== IGNORE_INDEX)
  if (odd !== undefined)
    throw new UserError(
      `the labels hold class ${odd}, but the last of the ${classes} classes is ${classes - 1}`,
    )
  const pixels = labels.length / batchSize
  const stride = Math.ceil(pixels / 4) * 4
  const padded = new Uint8Array(batchSize * stride)
  for (let image = 0; image < batchSize; image++)
    padded.set(labels.subarray(image * pixels, (image + 1) * pixels), image * stride)
  return padded
}
