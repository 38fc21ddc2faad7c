// A network in training on a GPU: its step (forward, loss, backward, update in one submit) and what it has learned.

import { IGNORE_INDEX } from '../data/dataset.ts'
import { UserError } from '../errors.ts'
import type { Gpu } from '../gpu/gpu.ts'
import type { KernelTime } from '../gpu/program.ts'
import { type TrainingGraph, trainingGraph } from '../graph/autodiff.ts'
import { GraphBuilder } from '../graph/builder.ts'
import { Executor } from '../graph/executor.ts'
import { type Graph, graphParameters, type Parameter } from '../graph/graph.ts'
import { ParameterArena } from '../graph/parameter_arena.ts'
import { createPlan } from '../graph/plan.ts'
import { TrainingWeights } from '../graph/training_weights.ts'
import { classifierParameters } from '../model/classifier.ts'
import type { DeepLabConfig } from '../model/config.ts'
import { deepLab } from '../model/deeplab.ts'
import type { Preprocessing } from '../model/preprocessing.ts'

/** What a step computes; Recipe has the rest, and the paper's values. */
export interface TrainingOptions {
  /** Images a step. */
  batchSize: number
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
  /** Factor on the classifier's learning rate. */
  headLearningRate: number
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

  /**
   * Starts from the network's weights and, where training goes on, from the velocities of a LearnedState.
   * Throws a UserError where the options make no sense or the GPU is too small for them.
   */
  static async create(
    gpu: Gpu,
    network: TrainedNetwork,
    options: TrainingOptions & { velocities?: ReadonlyMap<string, Float32Array> },
  ): Promise<TrainingRun> {
    const forward = forwardGraph(network, options)
    const plan = createPlan(withBackward(forward, options), gpu, [])
    const arena = await ParameterArena.create(gpu, graphParameters(forward), {
      rateOf: learningRates(network.config, options),
      host: network.parameters,
      velocities: options.velocities,
    })
    const weights = await TrainingWeights.create(gpu, arena, options)
    try {
      const executor = await Executor.create(gpu, plan, weights)
      const { classes } = network.config
      return new TrainingRun({ executor, arena, weights, classes, batchSize: options.batchSize })
    } catch (error) {
      weights.destroy()
      arena.destroy()
      throw error
    }
  }

  private constructor(parts: {
    executor: Executor
    arena: ParameterArena
    weights: TrainingWeights
    classes: number
    batchSize: number
  }) {
    this.#executor = parts.executor
    this.#arena = parts.arena
    this.#weights = parts.weights
    this.#classes = parts.classes
    this.#batchSize = parts.batchSize
  }

  /**
   * Learns from a batch. Returns the loss before the update, the mean over the labelled pixels; 0 where there are none.
   * Throws a UserError for a label that is no class and, once the update is done, for a loss that is no number.
   */
  async step({ images, labels }: TrainingBatch, learningRate: number): Promise<number> {
    this.#weights.learningRate = learningRate
    const { loss } = await this.#executor.run(this.#inputs({ images, labels }))
    if (!Number.isFinite(loss[0]))
      throw new UserError(`the loss is ${loss[0]}: try a smaller learning rate than ${learningRate}`)
    return loss[0]
  }

  /** The GPU's own time of each kernel of a step, which it takes at the learning rate of the last; needs timestamp-query. */
  profile(batch: TrainingBatch): Promise<KernelTime[]> {
    return this.#executor.profile(this.#inputs(batch))
  }

  /** Throws a UserError where a weight is no number any more. */
  async state(): Promise<LearnedState> {
    const parameters = await this.#arena.read()
    for (const [name, values] of parameters)
      if (!values.every(Number.isFinite))
        throw new UserError(`${name} holds values that are no numbers: try a smaller learning rate`)
    return { parameters, velocities: await this.#arena.readVelocities() }
  }

  async destroy(): Promise<void> {
    await this.#executor.destroy()
    this.#weights.destroy()
    this.#arena.destroy()
  }

  #inputs({ images, labels }: TrainingBatch) {
    return {
      photo: images,
      labels: padLabels(labels, { batchSize: this.#batchSize, classes: this.#classes }),
    }
  }
}

/** From photos of the crop's size to logits: [n, crop, crop] → [n, ⌈crop/outputStride⌉, ⌈crop/outputStride⌉, classes]. */
function forwardGraph({ config, preprocessing }: TrainedNetwork, options: TrainingOptions): Graph {
  const { batchSize, cropSize, outputStride } = options
  const { mean, std } = preprocessing
  const builder = new GraphBuilder()
  const photo = builder.input('photo', [batchSize, cropSize, cropSize, 4], 'rgba8')
  const image = builder.preprocess(photo, { name: 'image', height: cropSize, width: cropSize, mean, std })
  return builder.build([deepLab(builder, image, config, outputStride)])
}

function withBackward(forward: Graph, options: TrainingOptions): TrainingGraph {
  const { cropSize, freezeBatchNorm, batchNormDecay } = options
  return trainingGraph(forward, {
    labels: { height: cropSize, width: cropSize },
    ignoreIndex: IGNORE_INDEX,
    batchNorm: freezeBatchNorm ? { mode: 'frozen' } : { mode: 'batch', momentum: 1 - batchNormDecay },
  })
}

/** Whether a parameter follows its gradient; batch norm itself updates its running statistics. */
export const learns = ({ name }: Parameter): boolean => !/\.running_(mean|var)$/.test(name)

/** Factors on the learning rate. */
function learningRates(config: DeepLabConfig, { headLearningRate }: TrainingOptions) {
  const head = new Set(classifierParameters(config).map(({ name }) => name))
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
