// Learning from photos without labels, as FixMatch and UniMatch do (Yang et al. 2023): what the network is sure of in a photo becomes the
// labels of a strongly changed view of it.

import { IGNORE_INDEX } from '../data/dataset.ts'
import type { Gpu } from '../gpu/gpu.ts'
import type { Tuned } from '../graph/convolution/policy.ts'
import type { Tensor } from '../graph/ir/tensor.ts'
import { confidentClassesOf, confidentClassesOp } from '../graph/ops/confident_classes.ts'
import { type FusedGraph, GraphBuilder } from '../graph/ops/index.ts'
import { inferenceOps } from '../graph/ops/inference_ops.ts'
import { optimise } from '../graph/passes/index.ts'
import { cutMaps } from '../graph/plan/cut_maps.ts'
import { planOptimised } from '../graph/plan/plan.ts'
import { Executor } from '../graph/runtime/executor.ts'
import { LiveWeights } from '../graph/runtime/live_weights.ts'
import type { ParameterArena } from '../graph/runtime/parameter_arena.ts'
import { deepLab } from '../model/deeplab.ts'
import { countLabelled, taughtBatch, type UnlabelledBatch } from './taught_batch.ts'
import type { TrainedNetwork } from './training_network.ts'

export interface UnlabelledOptions {
  /** The weight of the unlabelled photos' loss, beside 1 of the labelled ones'. */
  weight: number
  /** The least probability of a class that becomes a label. */
  confidence: number
}

/** What a step found in its unlabelled photos. */
export interface UnlabelledPart {
  /** The mean over all pixels of the photos, of which unsure ones count 0. */
  loss: number
  /** The share of the photos' pixels of which the network was sure. */
  confident: number
}

interface TeacherOptions {
  /** The number of images at a time. */
  images: number
  cropSize: number
  outputStride: number
  confidence: number
  tuned?: Tuned
}

/** The network as it is at each call, which labels what it is sure of. Batch norm has its running statistics, as in inference. */
export class Teacher {
  readonly #options: TeacherOptions
  readonly #executor: Executor
  readonly #weights: LiveWeights

  /** `arena` has the network's parameters. */
  static async create(
    gpu: Gpu,
    { network, arena }: { network: Omit<TrainedNetwork, 'parameters'>; arena: ParameterArena },
    options: TeacherOptions,
  ): Promise<Teacher> {
    const target = { device: gpu, policy: { tuned: options.tuned } }
    const plan = planOptimised(teacherGraph(network, options), target, {
      ops: { ...inferenceOps, confidentClasses: confidentClassesOp },
      cutMaps,
    })
    const weights = new LiveWeights(gpu, arena)
    try {
      return new Teacher(options, await Executor.create(gpu, plan, weights), weights)
    } catch (error) {
      weights.destroy()
      throw error
    }
  }

  private constructor(options: TeacherOptions, executor: Executor, weights: LiveWeights) {
    this.#options = options
    this.#executor = executor
    this.#weights = weights
  }

  /**
   * The strong views of a batch with the labels that they are to teach, and the share of the labelled pixels of each micro-batch in all
   * pixels of the photos. Changes nothing; throws the signal's reason.
   */
  async teach(
    batch: UnlabelledBatch,
    signal?: AbortSignal,
  ): Promise<{ images: Uint8Array; labels: Uint8Array; shares: number[] }> {
    const { images: atOnce, cropSize } = this.#options
    const sure = await this.#label(batch.images, signal)
    const { images, labels, pixels } = taughtBatch(batch, sure, cropSize)
    const size = atOnce * cropSize ** 2
    const shares = Array.from(
      { length: labels.length / size },
      (_, i) => countLabelled(labels.subarray(i * size, (i + 1) * size)) / pixels,
    )
    return { images, labels, shares }
  }

  async destroy(): Promise<void> {
    await this.#executor.destroy()
    this.#weights.destroy()
  }

  /** A class id or IGNORE_INDEX for each pixel of a batch of RGBA crops. */
  async #label(images: Uint8Array, signal?: AbortSignal): Promise<Uint8Array> {
    const { images: atOnce, cropSize } = this.#options
    const pixels = cropSize ** 2
    const labels = new Uint8Array(images.length / 4)
    for (let first = 0; first < labels.length; first += atOnce * pixels) {
      const photo = images.subarray(first * 4, (first + atOnce * pixels) * 4)
      const { [NAME]: found } = await this.#executor.run({ photo }, { signal })
      const padded = found.length / atOnce
      for (let i = 0; i < atOnce; i++)
        labels.set(found.subarray(i * padded, i * padded + pixels), first + i * pixels)
    }
    return labels
  }
}

const NAME = 'sure classes'

/** `photo`, rgba8 [images, crop, crop, 4] → class8 [images, crop, crop, 1]. */
function teacherGraph(
  { config, preprocessing }: Omit<TrainedNetwork, 'parameters'>,
  { images, cropSize, outputStride, confidence }: TeacherOptions,
): FusedGraph {
  const { mean, std, channels } = preprocessing
  const size = { height: cropSize, width: cropSize }
  const builder = new GraphBuilder()
  const photo = builder.input('photo', [images, cropSize, cropSize, 4], 'rgba8')
  const image = builder.preprocess(photo, { name: 'image', ...size, mean, std, channels })
  const graph = optimise(builder.build([deepLab(builder, image, config, outputStride)]))
  const [logits]: Tensor[] = graph.outputs
  const { alignCorners } = config
  const labelling = { name: NAME, ...size, alignCorners, confidence, ignoreIndex: IGNORE_INDEX }
  const sure = confidentClassesOf(logits, labelling)
  return { ...graph, ops: [...graph.ops, sure], outputs: [sure.output] }
}
